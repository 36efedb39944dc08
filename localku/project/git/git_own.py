"""git with a git directory of our own making: it sees a stranger's objects and index, and nothing that could run.

Their configuration, hooks, `info/attributes`, promisors, grafts, replacements and includes are not there. That git
follows alternates wherever they lead tells nobody anything: an object is had by its hash only, and the one hash taken
from outside a commit is HEAD's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localku.errors import LocalkuError
from localku.project.git import git_process

_CONFIG = {
    "core.bare": "false",
    "core.fsmonitor": "false",
    "core.safecrlf": "false",
    "core.untrackedcache": "false",
    "protocol.allow": "never",
}
_LACKING = ("unable to read", "could not read", "missing", "bad object", "unable to find", "not our ref", "bad tree")


@dataclass(frozen=True)
class Git:
    """Runs git on the work tree that `folder`, a git directory of ours, belongs to; errors name `of`."""

    folder: Path
    work_tree: Path
    cwd: Path
    of: Path
    plain: bool = False
    """As on a server: nothing that this machine's user or administrator says of attributes."""

    def try_run(self, *arguments: str, stdin: bytes = b"") -> git_process.Done:
        done = git_process.run(arguments, self.cwd, self._environment(), stdin)
        if done is None:
            raise LocalkuError("git has disappeared.", "Install it again.")
        return done

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Output of a git command. LocalkuError, in git's words, when it fails."""
        done = self.try_run(*arguments, stdin=stdin)
        if done.returncode != 0:
            raise _failure(self.of, git_process.said(done))
        return done.stdout

    def _environment(self) -> dict[str, str]:
        ours = {
            "GIT_DIR": str(self.folder),
            "GIT_WORK_TREE": str(self.work_tree),
            "GIT_CONFIG_GLOBAL": str(self.folder / "none"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_ALLOW_PROTOCOL": "",
            "GIT_OPTIONAL_LOCKS": "0",
        }
        if self.plain:
            ours |= {"GIT_ATTR_NOSYSTEM": "1", "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        return git_process.sealed_environment() | ours


def make(
    folder: Path, objects: tuple[Path, ...], object_format: str, commit: str | None, core: Mapping[str, str]
) -> None:
    """Fill `folder` with a git directory that finds its objects in the folders `objects`."""
    for name in ("objects/info", "refs", "info"):
        (folder / name).mkdir(parents=True)
    values = dict(core) | _CONFIG
    if object_format != "sha1":
        values["extensions.objectformat"] = object_format
    values["core.repositoryformatversion"] = "1" if any(name.startswith("extensions.") for name in values) else "0"
    lines = "".join("[{}]\n{} = {}\n".format(*name.split("."), _quoted(value)) for name, value in values.items())
    _write(folder / "config", lines)
    _write(folder / "objects/info/alternates", "".join(f"{_quoted(os.path.realpath(path))}\n" for path in objects))
    _write(folder / "HEAD", f"{commit or 'ref: refs/heads/main'}\n")
    _write(folder / "none", "")


def _failure(folder: Path, said: str) -> LocalkuError:
    if any(word in said for word in _LACKING):
        return LocalkuError(
            f"The repository of {folder} lacks objects of its last commit: {said.splitlines()[0]}",
            "localku does not fetch. In a partial clone, run: git fetch --refetch --no-filter\n"
            "In any other, `git fsck` says what is broken.",
        )
    return LocalkuError(f"git cannot list the files of {folder}.", said)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _write(path: Path, text: str) -> None:
    path.write_bytes(os.fsencode(text))
