"""The few settings of a repository and of its user that decide which files differ: as data, checked one by one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from localku.errors import Invalid, LocalkuError
from localku.project.git import git_process
from localku.project.git.git_theirs import Repository, read

_TRUE, _FALSE = ("true", "yes", "on", "1", ""), ("false", "no", "off", "0")
_SWITCHES = ("core.filemode", "core.ignorecase", "core.symlinks", "core.precomposeunicode")
_WORDS = {"core.autocrlf": {"input": "input"}, "core.eol": {"lf": "lf", "crlf": "crlf", "native": "native"}}
_FORMATS = ("sha1", "sha256")
_KNOWN = frozenset(
    {"noop", "noop-v1", "objectformat", "partialclone", "preciousobjects", "relativeworktrees", "worktreeconfig"}
)
"""Extensions that change nothing of what we read, and the object format; also `refstorage`, in two formats."""
_USERS = r"^(core\.(autocrlf|eol|excludesfile|attributesfile)|safe\.directory)$"


@dataclass(frozen=True)
class Settings:
    """`core` maps settings such as `core.filemode` to values we know; paths are absolute.

    `bare`: there is no work tree. `trusted` are the user's values of safe.directory.
    """

    core: Mapping[str, str] = field(default_factory=dict)
    object_format: str = "sha1"
    bare: bool = False
    reftable: bool = False
    trusted: tuple[str, ...] = ()

    def on(self, name: str) -> bool:
        return self.core.get(name, "true") == "true"


def settings(repository: Repository) -> Settings | None:
    """Those of the repository's own configuration, over those of the user; None where git is not installed.

    Included files are never read. LocalkuError for a format that we or git do not know.
    """
    text = read(repository.common / "config", 1 << 24) or b""
    if b"worktreeconfig" in text.lower():
        text += b"\n" + (read(repository.git_dir / "config.worktree", 1 << 24) or b"")
    nowhere = {"GIT_DIR": os.devnull}
    theirs = _list(
        ("--file", "-", "--no-includes", "-z", "--list"),
        git_process.sealed_environment() | nowhere,
        text,
        f"of {repository.top}",
    )
    users = _list(("-z", "--get-regexp", _USERS), git_process.users_environment() | nowhere)
    if theirs is None or users is None:
        return None
    last = dict(theirs)
    paths = {
        name: os.path.abspath(os.path.expanduser(value))  # noqa: PTH100, PTH111 - Path's raises for an unknown user
        for name, value in users
        if name in {"core.excludesfile", "core.attributesfile"} and value
    }
    return Settings(
        core=paths | _core(dict(users)) | _core(last),
        object_format=_format(repository, last),
        bare=last.get("core.bare", "false").lower() in _TRUE and repository.git_dir == repository.common,
        reftable=last.get("extensions.refstorage") == "reftable",
        trusted=tuple(value for name, value in users if name == "safe.directory"),
    )


def remotes(repository: Repository) -> dict[str, str]:
    """The URLs that its own configuration has for its remotes, by their names; none where git is not installed."""
    text = read(repository.common / "config", 1 << 24) or b""
    sealed = git_process.sealed_environment() | {"GIT_DIR": os.devnull}
    found = _list(("--file", "-", "--no-includes", "-z", "--list"), sealed, text, f"of {repository.top}") or []
    return {
        name.removeprefix("remote.").removesuffix(".url"): value
        for name, value in reversed(found)
        if name.startswith("remote.") and name.endswith(".url")
    }


def _list(
    arguments: tuple[str, ...], environment: dict[str, str], text: bytes = b"", whose: str = "of the user"
) -> list[tuple[str, str]] | None:
    done = git_process.run(("config", *arguments), Path("/"), environment, text)
    if done is None:
        return None
    if done.returncode not in {0, 1}:
        raise LocalkuError(f"git cannot read the configuration {whose}.", git_process.said(done))
    pairs = (os.fsdecode(record).partition("\n") for record in done.stdout.split(b"\0") if record)
    return [(name, value) for name, _, value in pairs]


def _core(values: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name in (*_SWITCHES, *_WORDS):
        value = values.get(name, "-").lower()
        switch = "true" if value in _TRUE else "false" if value in _FALSE else None
        known = _WORDS.get(name, {}).get(value) or (switch if name != "core.eol" else None)
        if known:
            found[name] = known
    return found


def _format(repository: Repository, values: Mapping[str, str]) -> str:
    version = values.get("core.repositoryformatversion", "0")
    if version not in {"0", "1"}:
        raise Invalid(f"{repository.top} has version {version} of git's repository format.", "localku knows 0 and 1.")
    extensions = {name.partition(".")[2]: value for name, value in values.items() if name.startswith("extensions.")}
    if extensions.get("refstorage") in {"files", "reftable"}:
        del extensions["refstorage"]
    unknown = sorted(extensions.keys() - _KNOWN)
    if unknown and version == "1":
        raise Invalid(
            f"{repository.top} uses an extension of git's repository format that localku does not know: {unknown[0]}.",
            "`git config --local --list` there shows it.",
        )
    objects = extensions.get("objectformat", "sha1")
    if objects not in _FORMATS:
        raise Invalid(f"{repository.top} has objects of a format that localku does not know: {objects}.")
    return objects
