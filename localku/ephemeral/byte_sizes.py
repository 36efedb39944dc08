"""Sizes as people read them."""

from __future__ import annotations

_UNITS = ("B", "KB", "MB", "GB", "TB")


def human(size: int | None) -> str:
    """Format bytes with two digits of precision in powers of 1,024: `812 B`, `1.2 MB`, `31 MB`; None is empty."""
    if size is None:
        return ""
    value, unit = float(size), 0
    while value >= 1023.5 and unit < len(_UNITS) - 1:  # noqa: PLR2004 - what would round to 1024
        value, unit = value / 1024, unit + 1
    digits = 1 if unit and value < 9.95 else 0  # noqa: PLR2004 - what would round to 10
    return f"{value:.{digits}f} {_UNITS[unit]}"


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 file`, `2 files`, `1,204 files`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
