"""The last commit as files, whatever the folder has become since."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from localku.errors import LocalkuError
from localku.project.git import checkout, git_folder
from localku.project.sources import source

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.com")


def run(root: Path, *arguments: str) -> str:
    return subprocess.run([*GIT, *arguments], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "inner").mkdir(parents=True)
    (folder / "app.py").write_text("committed\n")
    (folder / "inner/start").write_text("#!/bin/sh\n")
    (folder / "inner/start").chmod(0o755)
    run(folder, "init", "-q")
    run(folder, "add", "-A")
    run(folder, "commit", "-qm", "first")
    (folder / "app.py").write_text("changed\n")
    (folder / "new.py").write_text("new\n")
    return folder


def test_the_commit_is_written_and_the_folder_and_its_index_stay(root: Path, tmp_path: Path) -> None:
    before = run(root, "status", "--porcelain")
    target = tmp_path / "target"
    assert checkout.check_out(root, target).commit == run(root, "rev-parse", "HEAD")
    assert (target / "app.py").read_text() == "committed\n"
    assert [(one.path, one.mode) for one in source.collect(target, exact=True).files] == [
        ("app.py", 0o644),
        ("inner/start", 0o755),
    ]
    assert run(root, "status", "--porcelain") == before


def test_a_subfolder_is_written_without_the_rest(root: Path, tmp_path: Path) -> None:
    checkout.check_out(root / "inner", tmp_path / "target")
    assert [path.name for path in (tmp_path / "target").iterdir()] == ["start"]


def test_without_a_commit_there_is_nothing_to_write(tmp_path: Path) -> None:
    run(tmp_path, "init", "-q")
    with pytest.raises(LocalkuError, match="There is no commit"):
        checkout.check_out(tmp_path, tmp_path / "target")
    with pytest.raises(LocalkuError, match="There is no commit"):
        checkout.check_out(Path("/"), tmp_path / "target")


def test_scripts_are_as_git_keeps_them(root: Path) -> None:
    (root / "Procfile").write_bytes(b"web: x\r\n")
    run(root, "add", "Procfile")
    found = git_folder.scripts(root)
    assert found["Procfile"] == (False, True)
    assert found["app.py"] == (False, False)


def test_ignored_files_and_folders_are_named(root: Path) -> None:
    (root / ".gitignore").write_text("data/\n*.log\n")
    (root / "data").mkdir()
    (root / "data/model.bin").write_text("x")
    (root / "a.log").write_text("x")
    assert set(git_folder.ignored(root)) == {"data/", "a.log"}
