"""What `ps:scale`, `up --formation` (`web=2`, `worker+1`, `web=1:standard-2x`) and `ps:type` (`web=eco`) are given.

Grammar: `heroku ps:scale` and `ps:type` (https://devcenter.heroku.com/articles/scaling).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from localku.errors import Kind, LocalkuError

if TYPE_CHECKING:
    from localku.platform.dynos.formation import Change, Entries

SCALE = re.compile(r"([\w-]+)([=+-]\d+)(?::([\w-]+))?\Z", re.ASCII)
RESIZE = re.compile(r"([\w-]+)=([\w-]+)\Z", re.ASCII)


def scaled(arguments: Sequence[str], current: Entries) -> tuple[Change, ...]:
    """Read quantities; `+1` and `-1` count from what the process type has now."""
    from localku.platform.dynos.formation import Change

    quantities = {entry.type: entry.quantity for entry in current}

    def read(argument: str) -> Change:
        match = SCALE.match(argument)
        if match is None:
            raise LocalkuError(
                f"Invalid scale argument '{argument}'.",
                "Use web=2, worker+1 or web=1:standard-2x.",
                kind=Kind.INVALID,
                resource="formation",
            )
        name, amount, size = match.groups()
        now, number = quantities.get(name, 0), int(amount[1:])
        quantity = {"=": number, "+": now + number, "-": max(0, now - number)}[amount[0]]
        quantities[name] = quantity
        return Change(name, quantity, size)

    return tuple(read(argument) for argument in arguments)


def resized(arguments: Sequence[str], current: Entries) -> tuple[Change, ...]:
    """Read sizes: one for all process types, or TYPE=SIZE for some."""
    from localku.platform.dynos.formation import Change

    if not any("=" in argument for argument in arguments):
        if len(arguments) != 1:
            raise LocalkuError("Give one size for all process types, or TYPE=SIZE for each of some.", kind=Kind.INVALID)
        return tuple(Change(entry.type, size=arguments[0]) for entry in current)

    def read(argument: str) -> Change:
        match = RESIZE.match(argument)
        if match is None:
            raise LocalkuError(f"'{argument}' is not TYPE=SIZE.", "Use web=standard-2x.", kind=Kind.INVALID)
        return Change(match[1], size=match[2])

    return tuple(read(argument) for argument in arguments)
