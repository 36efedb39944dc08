"""The installed Python kept in CACHE_DIR from build to build, and when it may be used again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from handover import spares

from pybuild import output, trees
from pybuild.context import TREE, Build
from pybuild.package_managers import FILES, label
from pybuild.versions import Version, exact

_DISCARDED_WITH_FILE = frozenset(("pip", "pipenv"))
"""Managers that don't uninstall what left their file; Poetry and uv bring the tree in line themselves."""


_LAYOUT = 1
"""Of the tree, as far as this buildpack decides on it."""


@dataclass(frozen=True)
class Record:
    """What the cached tree was made for.

    `tool` is the manager's version that this buildpack wanted, `file` the SHA-256 of its file, `inputs` that
    of everything that decides what gets installed, `local` whether part of it came from the source itself,
    `build` the folder of the build that made it.
    """

    stack: str
    python: str
    manager: str
    tool: str
    file: str
    inputs: str
    local: bool = False
    build: str = ""


def tree(build: Build) -> Path:
    return build.cache / "python"


def read(build: Build) -> Record | None:
    """Return the record of the cached tree; None if there is no tree or no record this version can read."""
    try:
        content = json.loads(_file(build).read_text("utf-8"))
        record = Record(**content)
    except (OSError, ValueError, TypeError):
        return None
    return record if tree(build).is_dir() else None


def last_version(record: Record | None) -> Version | None:
    return exact(record.python) if record else None


def written_version(build: Build, last: Version | None) -> Version | None:
    """Return the version that a hook has written where Heroku's buildpack keeps the last one, or else `last`.

    heroku-buildpack-python, lib/cache.sh: `.heroku/python-version` in CACHE_DIR, with or without `python-` before it.
    What is no full version means none (lib/python_version.sh).
    """
    file = build.cache_dir / ".heroku" / "python-version"
    return exact(file.read_text("utf-8", "replace").strip().removeprefix("python-")) if file.is_file() else last


def discard_reasons(old: Record | None, new: Record) -> tuple[str, ...]:
    """Return why the cached tree can't be used for this build, in Heroku's words."""
    if old is None:
        return ("The buildpack cache format has changed",)
    found = []
    if old.stack != new.stack:
        found.append(f"The stack has changed from {old.stack} to {new.stack}")
    if old.python != new.python:
        found.append(f"The Python version has changed from {old.python} to {new.python}")
    if old.manager != new.manager:
        found.append(f"The package manager has changed from {old.manager} to {new.manager}")
        return tuple(found)
    if old.tool != new.tool:
        found.append(f"The {label(new.manager)} version has changed from {old.tool} to {new.tool}")
    if old.file != new.file and new.manager in _DISCARDED_WITH_FILE:
        found.append(f"The contents of {FILES[new.manager][0]} changed")
    elif old.inputs != new.inputs and new.manager == "pip":
        found.append("The files that requirements.txt names, or the settings of pip, changed")
    return tuple(found)


def restore(build: Build, old: Record | None, new: Record) -> str:
    """Put the cached tree into the build folder if it fits; return `empty`, `reused` or `discarded`.

    A tree that doesn't fit stays in the cache until a build succeeds: the next one may want it again.
    """
    if not tree(build).is_dir():
        return "empty"
    reasons = discard_reasons(old, new)
    if old is not None and not reasons:
        output.step("Restoring cache")
        if not spares.take(build.build_dir, TREE, token(old)):
            trees.clone(tree(build), build.tree)
            announce(build, old)
        return "reused"
    output.step("Discarding cache since:")
    for reason in reasons:
        output.indented(f"- {reason}")
    trees.remove(build.cache / "python-poetry", build.cache / "python-uv")
    return "discarded"


def token(record: Record) -> str:
    """Name the tree that the record is about."""
    return hashlib.sha256(json.dumps([_LAYOUT, asdict(record)]).encode()).hexdigest()


def announce(build: Build, record: Record) -> None:
    """Offer this build's tree, now that it is the cached one, to the next build."""
    spares.announce(build.build_dir, TREE, token(record))


def save(
    build: Build, record: Record, *, changed: bool, restored: bool, copied: Callable[[], bool] = lambda: False
) -> None:
    """Keep the installed tree. `changed` False means it is still, file by file, the one that was restored.

    `copied` tells if the new copy is there, and has only to be put in its place.
    """
    output.step("Saving cache")
    build.cache.mkdir(parents=True, exist_ok=True)
    if changed or not tree(build).is_dir():
        record = replace(record, build=str(build.build_dir))
        _file(build).unlink(missing_ok=True)
        if copied():
            trees.put(tree(build), shares=restored)
        else:
            trees.replace(build.tree, tree(build), shares=restored)
        announce(build, record)
    if record != read(build):
        new = _file(build).with_suffix(".new")
        new.write_text(json.dumps(asdict(record), indent=2) + "\n", "utf-8")
        new.replace(_file(build))


def _file(build: Build) -> Path:
    return build.cache / "python.json"
