"""git as a child process, deaf to the repository that the caller's environment may name."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from localku.errors import Kind, LocalkuError, kind_of

_QUIET = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}

Done = subprocess.CompletedProcess[bytes]

_REPOSITORY_VARIABLES = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_DIR", "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_LITERAL_PATHSPECS",
        "GIT_NAMESPACE", "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_QUARANTINE_PATH",
        "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_TEMPLATE_DIR", "GIT_TRACE", "GIT_WORK_TREE",
    }
)  # fmt: skip
"""Variables a git hook passes on that would point every command at the wrong repository.

`git rev-parse --local-env-vars` lists them; those that carry configuration stay.
"""


def run(arguments: tuple[str, ...], cwd: Path, environment: Mapping[str, str], stdin: bytes = b"") -> Done | None:
    """Run `git ARGUMENTS` in `cwd`; None where git is not installed. LocalkuError where `cwd` cannot be entered."""
    git = program()
    if git is None:
        return None
    try:
        return subprocess.run(
            [git, *arguments], cwd=cwd, env=environment, input=stdin, capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise LocalkuError(
            f"{cwd} has disappeared.", "Try again when nothing else changes it.", kind=Kind.NOT_FOUND
        ) from error
    except PermissionError as error:
        raise LocalkuError(
            f"{cwd} cannot be entered: {error.strerror}.", f"Look at it with `ls -ld {cwd}`.", kind=kind_of(error)
        ) from error


def program() -> str | None:
    """Where git is; entries of PATH that are relative, and so mean a program of the app, do not count."""
    return shutil.which("git", path=os.pathsep.join(entry for entry in os.get_exec_path() if entry.startswith("/")))


def users_environment() -> dict[str, str]:
    """The caller's environment, with all of their configuration, less what names a repository."""
    kept = {name: value for name, value in os.environ.items() if name not in _REPOSITORY_VARIABLES}
    return kept | _QUIET


def sealed_environment() -> dict[str, str]:
    """The caller's environment without any of git's own variables but the one that says where git is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name == "GIT_EXEC_PATH"}
    return kept | _QUIET


def said(done: Done) -> str:
    return done.stderr.decode(errors="replace").strip()
