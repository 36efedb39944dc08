"""The figures as a table, as the same table in Markdown, and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from benchmarks.machine_facts import MachineFacts
from benchmarks.table.figures import Figures
from benchmarks.table.rounds import Counts
from benchmarks.table.row import BUILDKIT, COLUMNS, COMPARED, HEROKU_LOCAL, OURS, Row, Unit

NOTHING = "-"
HEADERS = ("", OURS, COMPARED, "ratio", "aim", BUILDKIT, "ratio", "aim")


@dataclass(frozen=True)
class Report:
    """All that is said at the end. `missing`: contender to the reason why it was not measured."""

    rows: Sequence[Row]
    figures: Figures
    counts: Counts
    machine: MachineFacts
    missing: Mapping[str, str]

    def table(self) -> Table:
        shown = Table(caption="\n".join(self.notes()), caption_justify="left")
        for header in self._headers():
            shown.add_column(header, justify="right" if header else "left")
        for cells in self._lines():
            shown.add_row(*cells)
        return shown

    def markdown(self) -> str:
        headers = self._headers()
        rule = ["---" if not header else "---:" for header in headers]
        lines = [_row(headers), f"|{'|'.join(rule)}|", *(_row(cells) for cells in self._lines())]
        notes = [f"{line[0].upper()}{line[1:]}." for line in self.notes()]
        return "\n".join([" ".join(notes), "", *lines])

    def as_json(self) -> dict[str, Any]:
        found = {row.name: self._facts(row) for row in self._measured()}
        return {
            "rounds": self.counts.rounds,
            "cold_rounds": min(self.counts.cold, self.counts.rounds),
            "machine": asdict(self.machine),
            "load": self.figures.load,
            "missing": dict(self.missing),
            "failed": dict(self.figures.failed),
            "rows": found,
        }

    def notes(self) -> list[str]:
        load = self.figures.load
        busy = f"{min(load):.1f} to {max(load):.1f}, median {statistics.median(load):.1f}" if load else "unknown"
        cold = min(self.counts.cold, self.counts.rounds)
        rounds = f"medians of {self.counts.rounds} round(s), of {cold} for cold builds, in seconds"
        columns = f"`{COMPARED}` is the Dockerfile with the classic builder, unless the row names something else"
        return [
            f"{rounds}; each ratio is the median of the rounds' ratios; {columns}",
            f"{self.machine}, load {busy}",
            *(f"{name}: not measured, {reason}" for name, reason in self.missing.items()),
            *(f"`{name}`: given up, {reason}" for name, reason in self.figures.failed.items()),
        ]

    def _measured(self) -> list[Row]:
        return [row for row in self.rows if self.figures.median(row.name, OURS) is not None]

    def _headers(self) -> list[str]:
        return [*HEADERS, HEROKU_LOCAL] if self._with_heroku_local() else list(HEADERS)

    def _with_heroku_local(self) -> bool:
        return any(self.figures.median(row.name, HEROKU_LOCAL) is not None for row in self.rows)

    def _lines(self) -> Iterator[list[str]]:
        for row in self._measured():
            cells = [row.title, self._median(row, OURS)]
            for column in (COMPARED, BUILDKIT):
                cells += [self._median(row, column), self._ratio(row, column), self._aim(row, column)]
            yield [*cells, self._median(row, HEROKU_LOCAL)] if self._with_heroku_local() else cells

    def _median(self, row: Row, column: str) -> str:
        figure = self.figures.median(row.name, column)
        if figure is None:
            return NOTHING
        return f"{figure / 1e6:.1f} MB" if row.unit is Unit.MEGABYTES else f"{figure:.2f}"

    def _ratio(self, row: Row, column: str) -> str:
        ratio = self.figures.ratio(row.name, column)
        return NOTHING if ratio is None else f"{ratio:.2f}"

    def _aim(self, row: Row, column: str) -> str:
        """The aim against a column, with whether it is met; one in seconds stands in the first of the two columns."""
        aim = row.aim(column) or (row.aim(None) if column == COMPARED else None)
        if aim is None:
            return NOTHING
        met = self.figures.is_met(row, aim)
        return f"{aim}" if met is None else f"{aim}, {'met' if met else 'missed'}"

    def _facts(self, row: Row) -> dict[str, Any]:
        columns = [column for column in COLUMNS if (row.name, column) in self.figures.taken]
        return {
            "title": row.title,
            "unit": "bytes" if row.unit is Unit.MEGABYTES else "seconds",
            "figures": {column: self.figures.taken[row.name, column] for column in columns},
            "medians": {column: self.figures.median(row.name, column) for column in columns},
            "ratios": {column: self.figures.ratio(row.name, column) for column in columns if column != OURS},
            "aims": [
                {"limit": aim.limit, "against": aim.against, "met": self.figures.is_met(row, aim)} for aim in row.aims
            ],
        }


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |", 1)
