from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pybuild import inputs, installed

Files = Callable[..., Path]


def checksum(folder: Path, manager: str = "pip", **config: str) -> str:
    return inputs.checksum(folder, manager, config, install_test=False)


def test_included_files_count(files: Files) -> None:
    folder = files(
        **{"requirements.txt": "-r requirements/base.txt\nsix", "requirements/base.txt": "-c pins.txt\nflask"}
    )
    first = checksum(folder)
    files(**{"requirements/pins.txt": "flask==3.0"})
    second = checksum(folder)
    files(**{"requirements/base.txt": "-c pins.txt\ndjango"})
    third = checksum(folder)
    assert len({first, second, third}) == 3


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("./lib/a.whl", "lib/a.whl"),
        ("a @ file:./lib/a.tar.gz#sha256=1", "lib/a.tar.gz"),
        ("--find-links=./lib", "lib/b.whl"),
        ("-f lib/", "lib/b.zip"),
        ("-e .[extra]", "pyproject.toml"),
        ("./lib", "lib/setup.py"),
    ],
)
def test_what_lies_in_the_app_and_is_named_counts(line: str, file: str, files: Files) -> None:
    folder = files(**{"requirements.txt": line, "lib/x.py": "", file: "one"})
    first = checksum(folder)
    files(**{"lib/x.py": "changed"})
    assert checksum(folder) == first
    files(**{file: "two"})
    assert checksum(folder) != first


def test_what_is_named_outside_of_the_app_does_not_count(files: Files) -> None:
    folder = files(**{"requirements.txt": "../outside.whl /etc/hostname.whl https://example.com/a.whl"})
    (folder.parent / "outside.whl").write_text("one")
    first = checksum(folder)
    (folder.parent / "outside.whl").write_text("two")
    assert checksum(folder) == first


def test_the_source_does_not_count(files: Files) -> None:
    folder = files(**{"requirements.txt": "six"})
    first = checksum(folder)
    files(**{"app.py": "print(1)"})
    assert checksum(folder) == first


def test_an_index_and_test_requirements_count(files: Files) -> None:
    folder = files(**{"requirements.txt": "six", "requirements-test.txt": "pytest"})
    tested = inputs.checksum(folder, "pip", {}, install_test=True)
    assert len({checksum(folder), checksum(folder, PIP_EXTRA_INDEX_URL="https://x"), tested}) == 3


def test_files_that_include_each_other_end(files: Files) -> None:
    folder = files(**{"requirements.txt": "-r other.txt", "other.txt": "-r requirements.txt"})
    assert set(inputs.requirements(folder)) == {"requirements.txt", "other.txt"}


def test_the_file_beside_a_lock_counts(files: Files) -> None:
    for manager, lock, beside in (
        ("uv", "uv.lock", "pyproject.toml"),
        ("poetry", "poetry.lock", "pyproject.toml"),
        ("pipenv", "Pipfile.lock", "Pipfile"),
    ):
        folder = files(**{lock: "", beside: "a"})
        first = checksum(folder, manager)
        files(**{beside: "b"})
        assert checksum(folder, manager) != first


def test_index_options() -> None:
    texts = {
        "requirements.txt": "--index-url https://i/simple\nsix\n  -f ./wheels\n--pre\n-r x.txt\n# --pre\nfoo --hash=x"
    }
    assert inputs.index_options(texts) == ["--index-url https://i/simple", "-f ./wheels", "--pre"]


def test_what_is_installed(tmp_path: Path) -> None:
    for name in ("Flask_Login-0.6.3", "mypkg-1", "fixed-2", "branch-3"):
        (tmp_path / f"{name}.dist-info").mkdir()
    assert installed.version_of(tmp_path, "flask-login") == "0.6.3"
    assert installed.version_of(tmp_path, "flask") is None
    commit = {"commit_id": "abc", "vcs": "git"}
    write(tmp_path / "fixed-2.dist-info", {"url": "https://x", "vcs_info": {**commit, "requested_revision": "abc"}})
    assert not installed.moves(tmp_path)
    write(tmp_path / "branch-3.dist-info", {"url": "https://x", "vcs_info": {**commit, "requested_revision": "main"}})
    assert installed.moves(tmp_path)
    (tmp_path / "branch-3.dist-info" / "direct_url.json").unlink()
    write(tmp_path / "mypkg-1.dist-info", {"url": "file:///tmp/build_1/pkg", "dir_info": {"editable": True}})
    assert installed.moves(tmp_path)


def write(folder: Path, content: dict[str, object]) -> None:
    (folder / "direct_url.json").write_text(json.dumps(content))
