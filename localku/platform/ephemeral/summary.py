"""A report in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from localku.platform.ephemeral.change import HOME, place
from localku.platform.ephemeral.entry import Entry, total
from localku.platform.ephemeral.sizes import count, human

if TYPE_CHECKING:
    from localku.platform.ephemeral.kinds import Kind

# How many files or folders a sentence names before it says how many more there are.
_NAMED = 3


def sentence(dyno: str, entries: Sequence[Entry]) -> str:
    """`web.1 wrote 3 files (1.2 MB) that a restart will eat: db.sqlite3 (database), media/ (2 uploads)`."""
    if not entries:
        return f"{dyno} wrote nothing to its filesystem"
    missed = [entry for entry in entries if entry.worth_keeping]
    if not missed:
        others = f"{count(len(entries), 'file')}{_size(entries)}"
        return f"{dyno} wrote nothing that a restart would cost you, only {others} it can do without"
    written = [entry for entry in missed if entry.change != "deleted"]
    deleted = [entry for entry in missed if entry.change == "deleted"]
    return f"{dyno} " + "; ".join(
        f"{verb} {count(len(found), 'file')}{_size(found)} that a restart will {fate}: {_names(found)}"
        for verb, found, fate in (("wrote", written, "eat"), ("deleted", deleted, "bring back"))
        if found
    )


def _size(entries: Sequence[Entry]) -> str:
    size = total(entries)
    return f" ({human(size)})" if size else ""


def _names(entries: Sequence[Entry]) -> str:
    """Name the biggest first; files of one kind in one folder share a name."""
    places: dict[tuple[str, Kind], list[Entry]] = {}
    for entry in entries:
        places.setdefault((_top(entry.path), entry.kind), []).append(entry)
    ordered = sorted(places.items(), key=lambda item: -total(item[1]))
    names = [_name(top, kind, found) for (top, kind), found in ordered]
    if len(names) > _NAMED + 1:
        names[_NAMED:] = [f"and {len(names) - _NAMED} more"]
    return ", ".join(names)


def _name(top: str, kind: Kind, found: Sequence[Entry]) -> str:
    if len(found) == 1:
        return f"{short(found[0].path)} ({kind})"
    return f"{top} ({len(found):,} {kind.plural})"


def _top(path: str) -> str:
    """`media/` for `/app/media/covers/1.jpg`, `.` for `/app/notes.txt`, `/tmp/x/` for `/tmp/x/y`."""
    root, rest = place(path)
    first, slash, _ = rest.partition("/")
    return short(f"{root}/{first}/") if slash else "." if root == HOME else f"{root.rstrip('/')}/"


def short(path: str) -> str:
    """A path as people read it: relative to /app, without anything a terminal would obey or cannot encode."""
    text = path.removeprefix(HOME + "/") or path
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
