"""Repositories inside of a repository: what Heroku makes of them, and where this machine keeps theirs.

Heroku runs `git submodule update --init --recursive` where the commit has a .gitmodules, and rejects the push when that
fails. Transcripts of it: github.com/CONP-PCNO/conp-dataset pull request 17, github.com/fuseumass/dashboard issue 218
(a folder without a URL), github.com/TryGhost/Ghost pull request 1032 (an SSH URL).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from localku.project.git import git_theirs
from localku.project.git.git_own import Git

GITLINK = "160000"

_PUBLIC = re.compile(r"(https?|git)://|\.\.?/", re.IGNORECASE)
"""URLs that Heroku can try: the others want a key or a disk of this machine."""


class Fate(Enum):
    """What `git submodule update` does about one on Heroku: EMPTY leaves the folder so, REFUSED ends the push."""

    FETCHED = "fetched"
    EMPTY = "empty"
    REFUSED = "refused"


@dataclass(frozen=True)
class Submodule:
    """A commit of another repository, recorded at `path` below the app; `url` is where Heroku fetches it.

    `recorded` is the commit that HEAD names, None where it names none; `checked_out` that of the folder, None when
    nothing is.
    """

    path: str
    fate: Fate
    recorded: str | None
    checked_out: str | None
    url: str = ""


@dataclass(frozen=True)
class Modules:
    """A .gitmodules: `names` and `urls` of what is fetched, by path below the work tree's top."""

    present: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()

    def fate(self, path: str) -> Fate:
        if path in self.names:
            return Fate.FETCHED
        return Fate.EMPTY if path in self.skipped or not self.present else Fate.REFUSED


def modules(git: Git, blob: str) -> Modules:
    """Parse the .gitmodules that `blob` names, such as `HEAD:.gitmodules`. LocalkuError when git cannot."""
    if git.try_run("cat-file", "-e", blob).returncode != 0:
        return Modules()
    values: dict[str, dict[str, str]] = {}
    for record in git.run("config", "--blob", blob, "--no-includes", "-z", "--list").split(b"\0"):
        key, _, value = os.fsdecode(record).partition("\n")
        section, _, rest = key.partition(".")
        name, _, variable = rest.rpartition(".")
        if section == "submodule" and name and _decent(name):
            values.setdefault(name, {})[variable] = value
    named = {fields["path"].rstrip("/"): (name, fields) for name, fields in values.items() if fields.get("path")}
    skipped = frozenset(path for path, (_, fields) in named.items() if fields.get("update") == "none")
    fetched = {path: one for path, one in named.items() if path not in skipped and one[1].get("url")}
    return Modules(
        present=True,
        names={path: name for path, (name, _) in fetched.items()},
        urls={path: fields["url"] for path, (_, fields) in fetched.items()},
        skipped=skipped,
    )


def recorded(git: Git, paths: tuple[str, ...]) -> Mapping[str, str]:
    """The commits that HEAD records at `paths`, which are relative to the app."""
    found = {}
    for record in git.run("ls-tree", "-z", "HEAD", "--", *(f":(literal){path}" for path in paths)).split(b"\0"):
        about, _, path = record.partition(b"\t")
        mode, _, rest = about.decode().partition(" ")
        if mode == GITLINK:
            found[os.fsdecode(path)] = rest.partition(" ")[2]
    return found


def inside(folder: Path, path: str) -> git_theirs.Repository | None:
    """The repository at `folder/path`; None when there is none, or only by way of a symlink."""
    real = Path(os.path.realpath(folder)) / path
    return git_theirs.at(real) if os.path.realpath(real) == os.fspath(real) else None


def fetched(found: tuple[Submodule, ...]) -> dict[str, str]:
    """The commits that Heroku fetches, by path."""
    return {one.path: one.recorded for one in found if one.fate is Fate.FETCHED and one.recorded}


def notes(submodules: tuple[Submodule, ...]) -> tuple[str, ...]:
    """A sentence for each that is not on Heroku as it is in the folder."""
    return tuple(sentence for one in submodules if (sentence := _note(one)))


def _note(one: Submodule) -> str:
    remedy = "Run `git submodule add URL`, or remove its .git and add its files"
    if one.fate is Fate.REFUSED:
        return (
            f"{one.path} is a repository of its own without a URL in .gitmodules, so Heroku rejects the push "
            f"(submodule install failed), and none of its files are built. {remedy}"
        )
    if one.fate is Fate.EMPTY:
        return (
            f"{one.path} is a repository of its own that Heroku does not fetch: the folder is empty there, and in "
            f"this build. {remedy}"
        )
    if one.checked_out is None:
        return (
            f"The submodule {one.path} is not checked out here, and Heroku fetches it. "
            f"Run: git submodule update --init {one.path}"
        )
    if one.recorded is not None and one.recorded != one.checked_out:
        return (
            f"The submodule {one.path} is at {one.checked_out[:8]} here, and the last commit records "
            f"{one.recorded[:8]}, which is what Heroku gets"
        )
    if not _PUBLIC.match(one.url):
        return (
            f"The submodule {one.path} is fetched from {one.url}, which Heroku cannot reach without your key: it "
            "rejects the push. Use an https:// URL in .gitmodules"
        )
    return ""


def _decent(name: str) -> bool:
    """Whether git takes the name for a folder of .git/modules."""
    return not name.startswith(("/", "-")) and ".." not in name.split("/") and "\0" not in name
