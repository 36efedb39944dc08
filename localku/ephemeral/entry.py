"""One line of the report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localku.ephemeral.change import How
    from localku.ephemeral.kinds import Kind


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, or a folder that was deleted or is empty. `size` in bytes, None if unknown or gone.

    `returns`: the next boot makes the change again.
    """

    path: str
    change: How
    size: int | None
    kind: Kind
    verdict: str
    instead: str
    worth_keeping: bool
    is_dir: bool = False
    returns: bool = False


def total(entries: Iterable[Entry]) -> int:
    """Bytes of all entries whose size is known."""
    return sum(entry.size or 0 for entry in entries)


def as_json(entry: Entry) -> dict[str, object]:
    """An entry as values `json.dumps` takes."""
    return {
        "path": entry.path,
        "change": entry.change,
        "size": entry.size,
        "is_dir": entry.is_dir,
        "kind": str(entry.kind),
        "heroku": entry.verdict,
        "instead": entry.instead,
        "worth_keeping": entry.worth_keeping,
        "returns": entry.returns,
    }
