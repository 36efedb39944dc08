"""Rates as people write them: 6/m, 1/s, 30/h."""

from __future__ import annotations

import re

import click

PER_MINUTE = {"s": 60.0, "m": 1.0, "h": 1 / 60}
_FORM = re.compile(r"(\d+(?:\.\d+)?)/([smh])\Z", re.ASCII)


class Rate(click.ParamType[float]):
    """Converts to a number per minute, above 0."""

    name = "rate"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        match = _FORM.match(value)
        found = float(match[1]) * PER_MINUTE[match[2]] if match else 0.0
        if found <= 0:
            self.fail(f"'{value}' is not a rate. Write it as 6/m, 1/s or 30/h.", param, ctx)
        return found
