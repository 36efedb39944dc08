"""The report: what a dyno wrote that a restart will discard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from localku.ephemeral.change import Change, from_engine
from localku.ephemeral.classify import kind_of
from localku.ephemeral.entry import Entry, as_json, total
from localku.ephemeral.kinds import ADVICE
from localku.ephemeral.left_out import covers
from localku.ephemeral.summary import sentence

# Dynos whose work no other dyno ever sees: nothing of it happens again at a boot.
_ONE_OFF = ("run", "release", "scheduler")


@dataclass(frozen=True, slots=True)
class Report:
    """All entries of one dyno, sorted by path; where they are not `complete`, as many as could be seen in time."""

    dyno: str
    entries: tuple[Entry, ...]
    complete: bool = True

    @property
    def missed(self) -> tuple[Entry, ...]:
        """The entries somebody would miss after a restart."""
        return tuple(entry for entry in self.entries if entry.worth_keeping)

    @property
    def size(self) -> int:
        """Bytes of everything that was added or changed."""
        return total(self.entries)

    def summary(self) -> str:
        """Describe the report in one sentence, for the end of `localku up`."""
        return sentence(self.dyno, self.entries, complete=self.complete)

    def as_json(self) -> dict[str, object]:
        """The whole report, nothing grouped, as values `json.dumps` takes."""
        return {
            "dyno": self.dyno,
            "summary": self.summary(),
            "complete": self.complete,
            "totals": {
                "files": len(self.entries),
                "size": self.size,
                "worth_keeping": len(self.missed),
                "worth_keeping_size": total(self.missed),
            },
            "entries": [as_json(entry) for entry in self.entries],
        }


def build(dyno: str, changes: Iterable[Change], ignore: Iterable[str] = (), *, complete: bool = True) -> Report:
    """Judge the differences between a dyno and its slug.

    `ignore` are patterns of paths to leave out (see `left_out`). Folders that only
    stand there because of the files in them are left out, as is what the
    container engine puts into every container.
    """
    own = [change for change in changes if not from_engine(change.path)]
    parents = _parents(own)
    globs = tuple(ignore)
    shown = [change for change in own if not _folded(change, parents) and not covers(globs, change)]
    one_off = dyno.partition(".")[0] in _ONE_OFF
    ordered = sorted(shown, key=lambda one: one.path)
    return Report(dyno, tuple(_judge(change, one_off) for change in ordered), complete)


def _parents(changes: Iterable[Change]) -> set[str]:
    """All folders above any change."""
    found: set[str] = set()
    for change in changes:
        folder = change.path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _folded(change: Change, parents: set[str]) -> bool:
    if not change.is_dir:
        return False
    return change.kind == "changed" or change.path in parents


def _judge(change: Change, one_off: bool) -> Entry:  # noqa: FBT001 - private, one caller
    kind = kind_of(change)
    advice = ADVICE[kind]
    empty = change.is_dir and change.kind == "added"
    return Entry(
        path=change.path,
        change=change.kind,
        size=None if change.is_dir or change.kind == "deleted" else change.size,
        kind=kind,
        verdict=advice.verdict,
        instead=advice.instead,
        worth_keeping=not empty and not change.returns and (advice.keep or (advice.repeats and one_off)),
        is_dir=change.is_dir,
        returns=change.returns,
    )
