"""What `eval "$(localku env)"` changes in a shell, and how it is undone."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.cli.heroku_cli import git_access, shims, stand_ins
from localku.cli.shell.user_shell import Shell

if TYPE_CHECKING:
    from pathlib import Path

    from localku.cli.heroku_cli.api_access import Access

MARK = "LOCALKU_ENV"
BUNDLE, FORMER_BUNDLE = "GIT_SSL_CAINFO", "LOCALKU_ENV_GIT_SSL_CAINFO"
"""Holds what `--undo` needs: the first of our git settings, how many they are, and the folders on PATH."""


@dataclass(frozen=True)
class Folders:
    """What comes first on PATH, and what stands in there for programs that this machine has not."""

    shims: Path
    stand_ins: Path

    @staticmethod
    def of(home: Path) -> Folders:
        """Return those of a state folder, made or brought up to date."""
        return Folders(shims.folder(home), stand_ins.folder(home))


@dataclass(frozen=True)
class Change:
    """Variables to set, and those to take away (None)."""

    variables: Mapping[str, str | None]

    def lines(self, shell: Shell) -> Iterator[str]:
        for name, value in self.variables.items():
            if shell is Shell.FISH:
                yield f"set -e {name};" if value is None else f"set -gx {name} {_fish(name, value)};"
            else:
                yield f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}"


def entered(access: Access, folders: Folders, environ: Mapping[str, str]) -> Change:
    """`heroku` is localku's, and git reaches the apps' remotes with the token; see `git_access`."""
    changes: Mapping[str, str | None] = {**environ, **left(environ).variables}
    base = {name: value for name, value in changes.items() if value is not None}
    first, settings = git_access.count(base), git_access.of_shell(access)
    made: dict[str, str | None] = {
        "PATH": os.pathsep.join([str(folders.shims), stand_ins.added(base.get("PATH", os.defpath), folders.stand_ins)]),
        **git_access.added(settings, base),
    }
    if BUNDLE in base:  # git prefers it to its settings; what it names is in our bundle too
        made |= {BUNDLE: str(access.bundle), FORMER_BUNDLE: base[BUNDLE]}
    return Change({**made, MARK: f"{first}:{len(settings)}:{folders.shims}:{folders.stand_ins}"})


def left(environ: Mapping[str, str]) -> Change:
    """As it was before; nothing where it was not entered."""
    mark = environ.get(MARK)
    if mark is None:
        return Change({})
    first, count, *folders = mark.split(":")
    numbers = range(int(first), int(first) + int(count))
    path = [one for one in environ.get("PATH", "").split(os.pathsep) if one not in folders]
    made: dict[str, str | None] = {
        "PATH": os.pathsep.join(path),
        "GIT_CONFIG_COUNT": first if int(first) else None,
    }
    for number in numbers:
        made |= {f"GIT_CONFIG_KEY_{number}": None, f"GIT_CONFIG_VALUE_{number}": None}
    if FORMER_BUNDLE in environ:
        made |= {BUNDLE: environ[FORMER_BUNDLE], FORMER_BUNDLE: None}
    return Change({**made, MARK: None})


def _fish(name: str, value: str) -> str:
    parts = value.split(os.pathsep) if name == "PATH" else [value]
    return " ".join("'" + one.replace("\\", "\\\\").replace("'", "\\'") + "'" for one in parts)
