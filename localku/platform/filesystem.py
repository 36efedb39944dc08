"""The ephemeral filesystem of running dynos: what they wrote, and taking it away."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from localku.engine.errors import NotFound
from localku.errors import LocalkuError
from localku.platform.context import Context
from localku.platform.ephemeral.change import Change
from localku.platform.ephemeral.report import Report, build
from localku.store.dynos import EVERY
from localku.store.records import App, DynoRecord

HEAD_BYTES = 16
"""Enough of a file to see that it is a SQLite database."""

_STAT = r"""while IFS= read -r -d '' p; do
  if [ -d "$p" ] && [ ! -L "$p" ]; then k=d; s=0; h=
  elif [ -f "$p" ]; then k=f; s=$(stat -c %s -- "$p"); h=$(head -c 16 -- "$p" | od -An -tx1 | tr -d ' \n')
  else k=o; s=0; h=; fi
  printf '%s %s %s\0' "$k" "$s" "${h:--}"
done"""


_NEWER = r"""while IFS= read -r -d '' p; do
  if [ "$p" -nt /etc/hosts ]; then printf 'y\0'; else printf 'n\0'; fi
done"""
"""The engine writes /etc/hosts when it starts the container."""


_WRITTEN = r"""timeout 2 find /app \( -name node_modules -o -name .heroku -o -name __pycache__ \) -prune \
  -o -type f -newer /etc/hosts -printf '%s %p\0' 2>/dev/null | head -z -n 500"""
"""What is newer than the start, without the folders that are large and made again anyway."""


def running(context: Context, app: App, dyno: str | None = None) -> tuple[DynoRecord, ...]:
    """Return the dynos that have a container now, or the one that is asked for."""
    found = tuple(record for record in context.store.dynos.of(app.id) if record.container)
    if dyno is None:
        return found
    chosen = tuple(record for record in found if dyno in {record.name, record.type})
    if not chosen:
        known = ", ".join(record.name for record in found) or "none"
        raise LocalkuError(f"There is no running dyno {dyno}.", f"Running: {known}.")
    return chosen


def report(context: Context, record: DynoRecord, ignore: Iterable[str] = ()) -> Report:
    """Compare a dyno's files with its slug; a dyno that ended meanwhile has nothing to lose any more."""
    try:
        changes = _changes(context, record.container or "")
    except NotFound:
        changes = ()
    return build(record.name, changes, ignore)


def written(context: Context, name: str, container: str) -> Report:
    """As `report`, of the files below /app alone that were written since the start.

    Costs a hundredth of a whole comparison, and does not tell a new file from a changed one.
    """
    done = context.engine.containers.exec(container, ["/bin/bash", "-c", _WRITTEN])
    rows = [row.partition(b" ") for row in done.output.split(b"\0") if row[:1].isdigit()]
    return build(name, [Change(os.fsdecode(path), "added", int(size)) for size, _, path in rows])


def written_again(context: Context, record: DynoRecord, paths: Iterable[str]) -> tuple[str, ...]:
    """Return those of `paths` that a dyno has written since its start; far cheaper than a whole comparison."""
    asked = list(paths)
    if not asked or record.container is None:
        return ()
    listed = b"".join(path.encode(errors="surrogateescape") + b"\0" for path in asked)
    done = context.engine.containers.exec_with_input(record.container, ["/bin/bash", "-c", _NEWER], listed)
    answers = done.output.split(b"\0")[: len(asked)]
    return tuple(path for path, answer in zip(asked, answers, strict=False) if answer == b"y")


def reset(context: Context, app: App, dyno: str | None = None) -> None:
    """Want fresh dynos; the supervisor replaces them."""
    context.store.dynos.ask_restart(app, dyno or EVERY)


def restart(context: Context, app: App, dyno: str | None = None) -> None:
    """Want fresh dynos in place of all, of one, or of a type's; crashed ones too, whose wait ends with it."""
    if dyno is None:
        reset(context, app)
        return
    known = [record.name for record in context.store.dynos.of(app.id)]
    chosen = [name for name in known if dyno in {name, name.partition(".")[0]}]
    if not chosen:
        raise LocalkuError(f"There is no dyno {dyno}.", f"Dynos: {', '.join(known) or 'none'}.")
    for name in chosen:
        reset(context, app, name)


@dataclass(frozen=True)
class Found:
    kind: str
    size: int
    head: bytes


def _changes(context: Context, container: str) -> tuple[Change, ...]:
    differences = context.engine.containers.diff(container)
    present = [path for path, kind in differences if kind != "deleted"]
    found = _examine(context, container, present)
    return tuple(
        Change(
            path=path,
            kind=kind,  # type: ignore[arg-type] # the engine knows just these three
            size=found[path].size if path in found and found[path].kind == "f" else None,
            is_dir=path in found and found[path].kind == "d",
            head=found[path].head if path in found else b"",
        )
        for path, kind in differences
    )


def _examine(context: Context, container: str, paths: list[str]) -> dict[str, Found]:
    """Ask for size, type and first bytes of all paths in one go."""
    if not paths:
        return {}
    asked = b"".join(path.encode(errors="surrogateescape") + b"\0" for path in paths)
    done = context.engine.containers.exec_with_input(container, ["/bin/bash", "-c", _STAT], asked)
    rows = done.output.split(b"\0")[: len(paths)]
    return {path: _found(row) for path, row in zip(paths, rows, strict=False) if row.count(b" ") == 2}  # noqa: PLR2004


def _found(row: bytes) -> Found:
    kind, size, head = row.decode().split(" ")
    return Found(kind, int(size), bytes.fromhex(head) if head != "-" else b"")
