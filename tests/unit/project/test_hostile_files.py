"""Whatever lies in an app directory, a reader gives a value or a LocalkuError."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localku.errors import Kind, LocalkuError
from localku.project import (
    app_files,
    app_json,
    bower,
    buildpacks_file,
    dependencies,
    env_file,
    package_json,
    procfile,
    python_version,
)
from localku.project.sources import slugignore


def _ignore(root: Path) -> object:
    text = slugignore.read(root) or ""
    return slugignore.warnings(text), slugignore.matcher(text)("a/b.c")


def _bower_rc(root: Path) -> object:
    (root / "bower.json").write_text("{}")
    return bower.read(root)


READERS: dict[str, Callable[[Path], object]] = {
    "Procfile": procfile.read,
    "runtime.txt": python_version.read,
    ".python-version": python_version.read,
    "Pipfile.lock": lambda root: (python_version.read(root), dependencies.postgres_driver(root)),
    "package.json": lambda root: (package_json.read(root), procfile.guess(root), dependencies.postgres_driver(root)),
    "requirements.txt": dependencies.postgres_driver,
    "uv.lock": dependencies.postgres_driver,
    "poetry.lock": dependencies.postgres_driver,
    ".env": env_file.read,
    "app.json": app_json.read,
    "bower.json": bower.read,
    ".bowerrc": _bower_rc,
    ".buildpacks": buildpacks_file.read,
    ".slugignore": _ignore,
}

KEYS = [
    *("name", "engines", "scripts", "dependencies", "devDependencies", "cacheDirectories", "packageManager"),
    *("env", "formation", "addons", "buildpacks", "stack", "directory", "registry", "search", "resolvers"),
    *("_meta", "requires", "python_version", "default", "url", "plan", "as", "options", "value", "required"),
    *("generator", "quantity", "size", "success_url", "environments", "web", "node"),
]
WORDS = ["web:", "web", "=", "#", " ", "\t", "\n", "\r\n", "\ufeff", "python-", "3.12", "9" * 5000, "export ", "'", '"']
WORDS += ["\\", "!", "*", "[", "]", "**", "/", "..", "{", "}", "-r ", "#egg=", "\ud7ff", "\0", "A=1", "-", "a", "-p 80"]

DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "a", "heroku/x", "\0", "3.12", "é"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)
TEXTS = st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=14).map("".join)
CONTENTS = st.one_of(
    st.binary(max_size=40),
    TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")),
    TEXTS.map(lambda text: text.encode("utf-16", "surrogatepass")),
    st.dictionaries(st.sampled_from(KEYS), DATA, max_size=6).map(lambda data: json.dumps(data).encode()),
)


def attempt(name: str, root: Path) -> Any:
    try:
        return READERS[name](root)
    except LocalkuError as error:
        caught = error
    assert caught.message
    assert caught.hint
    assert caught.kind is Kind.INVALID
    return caught


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60, deadline=None)
@given(content=CONTENTS)
def test_any_content(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        attempt(name, Path(folder))


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("opening", ["[", '{"a":', '{"env":{"A":'])
def test_deep_nesting(name: str, opening: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(opening * 100_000)
    attempt(name, tmp_path)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("kind", ["folder", "loop", "pipe", "dangling", "huge"])
def test_no_file_at_all(name: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "huge":
        with path.open("wb") as file:
            file.truncate(1 << 40)
    else:
        path.symlink_to(name if kind == "loop" else "gone")
    result = attempt(name, tmp_path)
    assert isinstance(result, LocalkuError) is (kind != "dangling")
    if kind != "dangling":
        assert name in result.message


@pytest.mark.parametrize("name", sorted(READERS.keys() - {".bowerrc"}))  # the reader of that writes a bower.json
def test_the_app_is_a_file(name: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.touch()
    assert isinstance(attempt(name, root), LocalkuError)


def test_utf16_names_the_culprit(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_bytes("web: a\r\n".encode("utf-16"))
    with pytest.raises(LocalkuError, match="Procfile is saved as UTF-16") as caught:
        procfile.read(tmp_path)
    assert "PowerShell" in caught.value.hint


def test_a_file_that_fails_to_read() -> None:
    with pytest.raises(LocalkuError, match="mem cannot be read: Input/output error") as caught:
        app_files.read_bytes(Path("/proc/self"), "mem")  # opens, and fails at its first byte, for root too
    assert "ls -l mem" in caught.value.hint
    assert caught.value.kind is Kind.FAILED


def _behind(root: Path, name: str, target: str) -> None:
    (root / "config").symlink_to(Path(target).parent)
    (root / name).symlink_to(f"config/{Path(target).name}")


LINKS: dict[str, Callable[[Path, str, str], object]] = {
    "absolute": lambda root, name, target: (root / name).symlink_to(target),
    "relative": lambda root, name, target: (root / name).symlink_to(os.path.relpath(target, root)),
    "behind-a-folder": _behind,
    "two-links": lambda root, name, target: ((root / "x").symlink_to(target), (root / name).symlink_to("x")),
}
CONFIDENTIAL = ["export TOKEN=sekrit", '{"sekrit": "sekrit", "dependencies": {"sekrit": "1"}}', "sekrit: sekrit"]


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("content", CONFIDENTIAL)
def test_no_link_out_of_the_app_is_followed(name: str, link: str, content: str, tmp_path: Path) -> None:
    root = tmp_path / "app"
    root.mkdir()
    (tmp_path / "private").write_text(content)
    LINKS[link](root, name, str(tmp_path / "private"))
    result = attempt(name, root)
    assert isinstance(result, app_files.LeadsOut)
    assert result.message == f"{name} leads by a link out of the app's folder, to {tmp_path}/private."
    assert "sekrit" not in f"{result.hint}{result!r}{result.__cause__!r}"


@pytest.mark.parametrize("name", READERS)
def test_a_link_to_what_is_not_there_is_no_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / name).symlink_to("../private")
    assert not isinstance(attempt(name, tmp_path / "app"), LocalkuError)


@pytest.mark.parametrize("target", ["config/procfile", "../app/config/procfile", "{root}/config/procfile", "again"])
def test_a_link_that_stays_in_the_app_is_followed(target: str, tmp_path: Path) -> None:
    root = tmp_path / "app"
    (root / "config").mkdir(parents=True)
    (root / "config" / "procfile").write_text("web: run\n")
    (root / "again").symlink_to("config/procfile")
    (root / "Procfile").symlink_to(target.format(root=root))
    found = procfile.read(root)
    assert found is not None
    assert found.types == {"web": "run"}
    (tmp_path / "alias").symlink_to("app")  # the folder itself is the user's: by whatever name
    assert procfile.read(tmp_path / "alias") == found


def test_what_only_has_to_be_there_has_to_be_in_the_app(tmp_path: Path) -> None:
    root = tmp_path / "app"
    root.mkdir()
    (tmp_path / "file").touch()
    (root / "package.json").write_text("{}")
    for name in ("yarn.lock", "uv.lock", "setup.py", "server.js"):
        (root / name).symlink_to("../file")
    package = package_json.read(root)
    assert package is not None
    assert package.lock_files == ()
    assert dependencies.find(root) == ("package.json",)
    assert procfile.guess(root) is None


def test_a_requirements_file_includes_nothing_outside(tmp_path: Path) -> None:
    root = tmp_path / "app"
    (root / "base").mkdir(parents=True)
    (tmp_path / "private").write_text("psycopg\n")
    (root / "base/all.txt").symlink_to("../../private")
    (root / "requirements.txt").write_text("-r ../private\n-r base/all.txt\n")
    with pytest.raises(app_files.LeadsOut, match=r"base/all\.txt leads by a link out"):
        dependencies.python_packages(root)


def test_a_guess_looks_at_nothing_outside(tmp_path: Path) -> None:
    root = tmp_path / "app"
    root.mkdir()
    private = tmp_path / "private"
    (private / "site").mkdir(parents=True)
    (private / "manage.py").write_text("DJANGO_SETTINGS_MODULE = 'site.settings'\n")
    (private / "wsgi.py").write_text("get_wsgi_application()\n")
    (private / "site/wsgi.py").touch()
    (root / "linked").symlink_to("../private")
    (root / "app.py").symlink_to("../private/wsgi.py")
    assert procfile.guess(root) is None
    (root / "manage.py").write_text("DJANGO_SETTINGS_MODULE = 'linked.settings'\n")
    assert procfile.guess(root) is None
