"""Durations as people write them: 90s, 5m, 2h, 1d."""

from __future__ import annotations

import re

import click

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_FORM = re.compile(r"(\d+(?:\.\d+)?)([smhd])\Z", re.ASCII)


class Duration(click.ParamType[float]):
    """Converts to seconds above 0."""

    name = "duration"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        match = _FORM.match(value)
        seconds = float(match[1]) * UNITS[match[2]] if match else 0.0
        if seconds <= 0:
            self.fail(f"'{value}' is not a duration. Write it as 90s, 5m, 2h or 1d.", param, ctx)
        return seconds
