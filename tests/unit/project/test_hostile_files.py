"""Whatever lies in an app directory, a reader gives a value or a LocalkuError."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localku.errors import LocalkuError
from localku.project import (
    app_json,
    bower,
    buildpacks_file,
    dependencies,
    env_file,
    package_json,
    procfile,
    python_version,
    slugignore,
)

if TYPE_CHECKING:
    from collections.abc import Callable


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
    "Pipfile.lock": lambda root: (python_version.read(root), dependencies.needs_postgres(root)),
    "package.json": lambda root: (package_json.read(root), procfile.guess(root), dependencies.needs_postgres(root)),
    "requirements.txt": dependencies.needs_postgres,
    "uv.lock": dependencies.needs_postgres,
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


def test_a_file_that_fails_to_read(tmp_path: Path) -> None:
    (tmp_path / "Procfile").symlink_to("/proc/self/mem")  # opens, and fails at its first byte, for root too
    with pytest.raises(LocalkuError, match="Procfile cannot be read: Input/output error") as caught:
        procfile.read(tmp_path)
    assert "ls -l Procfile" in caught.value.hint
