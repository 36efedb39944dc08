"""Repositories inside of a repository: what Heroku makes of them, and where this machine keeps theirs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localku.project import git_theirs
from localku.project.git_own import Git

GITLINK = "160000"


@dataclass(frozen=True)
class Submodule:
    """A commit of another repository, recorded at `path` below the app.

    `mapped`: .gitmodules says where from, so Heroku fetches `recorded`, the commit that HEAD names (None where HEAD
    names none); otherwise the folder is empty there. `checked_out` is the commit of the folder, None when it is empty.
    """

    path: str
    mapped: bool
    recorded: str | None
    checked_out: str | None


def mapping(git: Git, blob: str) -> Mapping[str, str]:
    """Names of the submodules that `git submodule update` fetches, by path below the work tree's top.

    `blob` names the .gitmodules, such as `HEAD:.gitmodules`. LocalkuError when it cannot be parsed.
    """
    if git.try_run("cat-file", "-e", blob).returncode != 0:
        return {}
    values: dict[str, dict[str, str]] = {}
    for record in git.run("config", "--blob", blob, "--no-includes", "-z", "--list").split(b"\0"):
        key, _, value = os.fsdecode(record).partition("\n")
        section, _, rest = key.partition(".")
        name, _, field = rest.rpartition(".")
        if section == "submodule" and name:
            values.setdefault(name, {})[field] = value
    return {
        fields["path"].rstrip("/"): name
        for name, fields in values.items()
        if fields.get("path") and fields.get("url") and fields.get("update") != "none" and _decent(name)
    }


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


def notes(submodules: tuple[Submodule, ...]) -> tuple[str, ...]:
    """A sentence for each that is not on Heroku as it is in the folder."""
    return tuple(sentence for one in submodules if (sentence := _note(one)))


def _note(one: Submodule) -> str:
    if not one.mapped:
        return (
            f"{one.path} is a repository of its own that .gitmodules has no URL of: the folder is empty on Heroku, "
            "and so it is here. Make it a submodule (git submodule add URL), or remove its .git and add its files"
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
    return ""


def _decent(name: str) -> bool:
    """Whether git takes the name for a folder of .git/modules."""
    return not name.startswith(("/", "-")) and ".." not in name.split("/") and "\0" not in name
