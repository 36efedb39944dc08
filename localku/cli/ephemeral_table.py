"""The report of an ephemeral filesystem as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from localku.ephemeral.byte_sizes import count, human
from localku.ephemeral.grouping import Group, group
from localku.ephemeral.kinds import ADVICE
from localku.ephemeral.summary import short
from localku.errors import worded

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    from localku.ephemeral.report import Report

_STYLES = {"added": "green", "changed": "yellow", "deleted": "red"}


@dataclass(frozen=True, slots=True)
class EphemeralTable:
    """A rich renderable: the table, what Heroku would do about each kind, and one sentence."""

    report: Report

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> RenderResult:
        groups = group(self.report.entries)
        if groups:
            yield _table(groups)
            yield from _legend(groups)
        yield Text(self.report.summary() + ".")


def _table(groups: list[Group]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Change")
    table.add_column("Path", overflow="fold")
    table.add_column("Size", justify="right", no_wrap=True)
    table.add_column("Kind")
    for one in groups:
        cells = [Text(one.change, _STYLES[one.change]), _path(one), Text(human(one.size)), _kind(one)]
        table.add_row(*cells, style="" if one.worth_keeping else "dim")
    return table


def _kind(one: Group) -> Text:
    return Text(f"{one.kind}, comes back" if one.returns else one.kind)


def _path(one: Group) -> Text:
    if len(one.entries) == 1:
        entry = one.entries[0]
        return Text(short(entry.path) + ("/" if entry.is_dir else ""))
    folder = short(one.folder.rstrip("/") + "/")
    return Text(f"{folder}… {count(len(one.entries), 'file')}")


def _legend(groups: list[Group]) -> RenderResult:
    for kind in dict.fromkeys(one.kind for one in groups if not one.returns):
        yield Text(kind, "bold")
        yield _note("Heroku:", ADVICE[kind].verdict)
        if ADVICE[kind].instead:
            yield _note("Instead:", worded(ADVICE[kind].instead))
    if any(one.returns for one in groups):
        yield Text("comes back", "bold")
        yield _note("Heroku:", "the next boot creates it again")
    yield Text()


def _note(label: str, text: str) -> Padding:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=len("Instead:"))
    grid.add_column()
    grid.add_row(label, Text(text))
    return Padding(grid, (0, 0, 0, 2))
