"""What `ps:scale`, `up --formation` (`web=2`, `worker+1`, `web=1:standard-2x`) and `ps:type` (`web=eco`) are given.

Grammar: `heroku ps:scale` and `ps:type` (https://devcenter.heroku.com/articles/scaling).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from localku.errors import Invalid

if TYPE_CHECKING:
    from localku.platform.dynos.formation import Change

SCALE = re.compile(r"([\w-]+)([=+-]\d+)(?::([\w-]+))?\Z", re.ASCII)
RESIZE = re.compile(r"([\w-]+)=([\w-]+)\Z", re.ASCII)


def scaled(arguments: Sequence[str]) -> tuple[Change, ...]:
    """Read quantities; `+1` and `-1` count from what the process type has when it is changed."""
    return tuple(_scaled(argument) for argument in arguments)


def _scaled(argument: str) -> Change:
    from localku.platform.dynos.formation import Change

    match = SCALE.match(argument)
    if match is None:
        raise Invalid(
            f"Invalid scale argument '{argument}'.", "Use web=2, worker+1 or web=1:standard-2x.", resource="formation"
        )
    name, amount, size = match.groups()
    if amount[0] == "=":
        return Change(name, quantity=int(amount[1:]), size=size)
    return Change(name, size=size, by=int(amount))


def resized(arguments: Sequence[str]) -> tuple[Change, ...]:
    """Read sizes: one for all process types, or TYPE=SIZE for some."""
    from localku.platform.dynos.formation import Change

    if not any("=" in argument for argument in arguments):
        if len(arguments) != 1:
            raise Invalid("Give one size for all process types, or TYPE=SIZE for each of some.", resource="formation")
        return (Change(None, size=arguments[0]),)

    def read(argument: str) -> Change:
        match = RESIZE.match(argument)
        if match is None:
            raise Invalid(f"'{argument}' is not TYPE=SIZE.", "Use web=standard-2x.", resource="formation")
        return Change(match[1], size=match[2])

    return tuple(read(argument) for argument in arguments)
