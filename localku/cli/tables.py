"""Tables and moments as Heroku's CLI prints them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime


def aligned(rows: Sequence[Sequence[str]], *, ruled: bool = False) -> Iterator[str]:
    """Columns of equal width, two spaces apart; where they are `ruled`, a line of dashes is below the first row."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = (["-" * width for width in widths],) if ruled else ()
    for row in (rows[0], *rule, *rows[1:]):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def moment(then: datetime, now: datetime) -> str:
    """`2024/01/02 10:00:00 +0000 (~ 5m ago)`, in this machine's time zone."""
    seconds = max(0, int((now - then).total_seconds()))
    number, unit = next(
        ((seconds // size, unit) for size, unit in ((86400, "d"), (3600, "h"), (60, "m")) if seconds >= size),
        (seconds, "s"),
    )
    return f"{then.astimezone():%Y/%m/%d %H:%M:%S %z} (~ {number}{unit} ago)"
