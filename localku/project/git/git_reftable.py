"""HEAD of a repository whose references are in git's newer, binary format: a git that knows it reads a copy."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from localku.errors import LocalkuError
from localku.project.git import git_own, git_process, git_theirs
from localku.project.git.git_theirs import Repository


def head(repository: Repository, object_format: str) -> str | None:
    """The commit of HEAD in hexadecimal; None before the first one. LocalkuError when the git here is older than it."""
    with tempfile.TemporaryDirectory(prefix="localku-git-") as temporary:
        folder = Path(temporary)
        extension = {"extensions.refstorage": "reftable"}
        git_own.make(folder, (repository.objects,), object_format, None, extension)
        _copy(repository.common, folder)
        git_dir = folder
        if repository.git_dir != repository.common:
            git_dir = folder / "worktrees/one"
            git_dir.mkdir(parents=True)
            (git_dir / "HEAD").write_text("ref: refs/heads/.invalid\n")
            (git_dir / "commondir").write_text("../..\n")
            _copy(repository.git_dir, git_dir)
        git = git_own.Git(git_dir, repository.top, repository.top, repository.top)
        done = git.try_run("rev-parse", "--verify", "--quiet", "HEAD")
    if done.returncode not in {0, 1}:
        raise LocalkuError(
            f"git cannot read the references of {repository.top}, which are in the format reftable.",
            f"git 2.45 or newer can. It says: {git_process.said(done)}",
        )
    return done.stdout.decode().strip() or None


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
