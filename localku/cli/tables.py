"""Tables and moments as Heroku's CLI prints them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns of equal width, two spaces apart; the last one is as wide as it is."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join((*cells, row[-1]))


def moment(then: datetime, now: datetime) -> str:
    """`2024/01/02 10:00:00 +0000 (~ 5m ago)`."""
    seconds = max(0, int((now - then).total_seconds()))
    number, unit = next(
        ((seconds // size, unit) for size, unit in ((86400, "d"), (3600, "h"), (60, "m")) if seconds >= size),
        (seconds, "s"),
    )
    return f"{then.astimezone():%Y/%m/%d %H:%M:%S %z} (~ {number}{unit} ago)"
