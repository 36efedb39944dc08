"""A report in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from localku.ephemeral.byte_sizes import count, human
from localku.ephemeral.change import HOME, place
from localku.ephemeral.entry import Entry, total
from localku.neutral import printable

if TYPE_CHECKING:
    from localku.ephemeral.kinds import Kind

# How many files or folders a sentence names before it says how many more there are.
_NAMED = 3


def sentence(dyno: str, entries: Sequence[Entry], *, complete: bool = True) -> str:
    """`web.1 wrote 3 files (1.2 MB) that a restart will discard: db.sqlite3 (database), 2 uploads in media/`."""
    least = "" if complete else "at least "
    if not entries:
        return f"{dyno} wrote nothing to its filesystem" if complete else f"{dyno} could not be scanned in time"
    missed = [entry for entry in entries if entry.worth_keeping]
    if not missed:
        return f"{dyno} wrote nothing that you would miss after a restart, only {least}{_dispensable(entries)}"
    written = [entry for entry in missed if entry.change != "deleted"]
    deleted = [entry for entry in missed if entry.change == "deleted"]
    return f"{dyno} " + "; ".join(
        f"{verb} {least}{count(len(found), 'file')}{_size(found)} that a restart will {fate}: {_names(found)}"
        for verb, found, fate in (("wrote", written, "discard"), ("deleted", deleted, "bring back"))
        if found
    )


def _dispensable(entries: Sequence[Entry]) -> str:
    again = [entry for entry in entries if entry.returns]
    others = [entry for entry in entries if not entry.returns]
    parts = [f"{count(len(others), 'file')}{_size(others)} it can do without"] if others else []
    if again:
        comes = "comes back by itself" if len(again) == 1 else "come back by themselves"
        parts.append(f"{count(len(again), 'file')}{_size(again)} that {comes}")
    return " and ".join(parts)


def _size(entries: Sequence[Entry]) -> str:
    size = total(entries)
    return f" ({human(size)})" if size else ""


def _names(entries: Sequence[Entry]) -> str:
    """Name the biggest first; files of one kind in one folder share a phrase, where there are not just a few."""
    places: dict[tuple[str, Kind], list[Entry]] = {}
    for entry in entries:
        places.setdefault((_top(entry.path), entry.kind), []).append(entry)
    ordered = sorted(places.items(), key=lambda item: -total(item[1]))
    names = [name for (top, _), found in ordered for name in _phrases(top, found)]
    if len(names) > _NAMED + 1:
        names[_NAMED:] = [f"and {len(names) - _NAMED} more"]
    return ", ".join(names)


def _phrases(top: str, found: Sequence[Entry]) -> list[str]:
    if len(found) == 1 or (len(found) <= _NAMED and top in _ROOTS):
        return [f"{short(one.path)}{_said(one.kind)}" for one in found]
    return [f"{len(found):,} {found[0].kind.plural} in {top}"]


def _said(kind: Kind) -> str:
    """The kind in brackets, where it says anything."""
    return "" if kind.plural in {"files", "source files"} else f" ({kind})"


_ROOTS = (HOME, "/tmp/", "/var/tmp/")


def _top(path: str) -> str:
    """`media/` for `/app/media/covers/1.jpg`, `/app` for `/app/notes.txt`, `/tmp/x/` for `/tmp/x/y`."""
    root, rest = place(path)
    first, slash, _ = rest.partition("/")
    return short(f"{root}/{first}/") if slash else HOME if root == HOME else f"{root.rstrip('/')}/"


def short(path: str) -> str:
    """A path as people read it: relative to /app, without anything a terminal would obey or cannot encode."""
    return printable(path.removeprefix(HOME + "/") or path)
