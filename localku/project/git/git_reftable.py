"""HEAD of a repository whose references are in git's newer, binary format: a git that knows it reads a copy."""

from __future__ import annotations

import os
from pathlib import Path

from localku.project.git import git_theirs
from localku.project.git.git_theirs import Repository

EXTENSION = {"extensions.refstorage": "reftable"}
"""What a git directory of ours says of itself, for git to read such references in it."""


def lay_out(repository: Repository, folder: Path) -> Path:
    """Copy the references into a git directory of ours; return the one in which HEAD is to be asked for."""
    _copy(repository.common, folder)
    if repository.git_dir == repository.common:
        return folder
    git_dir = folder / "worktrees/one"
    git_dir.mkdir(parents=True)
    (git_dir / "HEAD").write_text("ref: refs/heads/.invalid\n")
    (git_dir / "commondir").write_text("../..\n")
    _copy(repository.git_dir, git_dir)
    return git_dir


def _copy(source: Path, target: Path) -> None:
    (target / "reftable").mkdir()
    try:
        names = os.listdir(source / "reftable")  # noqa: PTH208 - no Path per name
    except OSError:
        return  # git says what is wrong with it
    for name in names:
        content = git_theirs.read(source / "reftable" / name)
        if content is not None:
            (target / "reftable" / name).write_bytes(content)
