"""Many similar files as one row, for people; JSON gets every file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.ephemeral.change import How, place
from localku.ephemeral.entry import Entry, total

if TYPE_CHECKING:
    from localku.ephemeral.kinds import Kind

# From how many alike on they share one row.
ALIKE = 4


@dataclass(frozen=True, slots=True)
class Group:
    """Entries of one kind and change: one file, or at least `ALIKE` below `folder`."""

    folder: str
    entries: tuple[Entry, ...]

    @property
    def kind(self) -> Kind:
        return self.entries[0].kind

    @property
    def change(self) -> How:
        return self.entries[0].change

    @property
    def returns(self) -> bool:
        return self.entries[0].returns

    @property
    def size(self) -> int | None:
        """Bytes, or None if no size is known."""
        known = [entry.size for entry in self.entries if entry.size is not None]
        return sum(known) if known else None

    @property
    def worth_keeping(self) -> bool:
        return any(entry.worth_keeping for entry in self.entries)


def group(entries: Iterable[Entry]) -> list[Group]:
    """Put entries that are alike and live in one place together; what is missed most comes first."""
    found: dict[tuple[Kind, How, bool, str], list[Entry]] = {}
    for entry in entries:
        found.setdefault((entry.kind, entry.change, entry.returns, _place(entry)), []).append(entry)
    groups = [one for alike in found.values() for one in _split(alike)]
    return sorted(groups, key=lambda one: (not one.worth_keeping, -total(one.entries), one.entries[0].path))


def _split(alike: list[Entry]) -> list[Group]:
    if len(alike) >= ALIKE:
        return [Group(_common_folder([entry.path for entry in alike]), tuple(alike))]
    return [Group(entry.path.rpartition("/")[0] or "/", (entry,)) for entry in alike]


def _place(entry: Entry) -> str:
    """What nobody misses is grouped per root (`/app`), the rest per folder below it (`/app/media`)."""
    root, rest = place(entry.path)
    inside, slash, _ = rest.partition("/")
    return f"{root}/{inside}" if slash and entry.worth_keeping else root


def _common_folder(paths: list[str]) -> str:
    first, last = min(paths).split("/")[:-1], max(paths).split("/")[:-1]
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    return "/".join(first[:shared]) or "/"
