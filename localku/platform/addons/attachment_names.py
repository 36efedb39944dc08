"""What an add-on is attached as: the service's name for the first, a colour for each further one."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from localku.errors import Invalid

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App
    from localku.services.service import Service

COLOURS = (
    *("AMBER", "AQUA", "BLACK", "BLUE", "BRONZE", "BROWN", "CHARCOAL", "COBALT", "COPPER", "CRIMSON", "CYAN", "GOLD"),
    *("GRAY", "GREEN", "IVORY", "JADE", "MAROON", "MAUVE", "NAVY", "OLIVE", "ONYX", "ORANGE", "PINK", "PUCE", "PURPLE"),
    *("RED", "ROSE", "SILVER", "TEAL", "VIOLET", "WHITE", "YELLOW"),
)
NAME = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII)


def free(context: Context, app: App, service: Service) -> str:
    """The name for a new add-on: `DATABASE` where nothing has that yet, else one with a colour."""
    first = f"{service.attachment}_URL"
    taken = {*context.store.apps.config(app), *(one.config_var for one in context.store.attachments.of(app))}
    return service.attachment if first not in taken else coloured(service, taken)


def coloured(service: Service, taken: Collection[str], choose: Callable[[Sequence[str]], str] = secrets.choice) -> str:
    """A colour whose config var is not among those that are taken; a number follows where all are."""
    number = 0
    while True:
        names = [f"{service.colours}{colour}{number or ''}" for colour in COLOURS]
        left = [name for name in names if f"{name}_URL" not in taken]
        if left:
            return choose(left)
        number += 1


def checked(asked: str) -> str:
    """Read what `--as` says: `analytics`, or `ANALYTICS_URL`."""
    name = asked.upper().removesuffix("_URL")
    if not NAME.fullmatch(name):
        raise Invalid(
            f"'{asked}' is not a valid name for an attachment.",
            "Use letters, digits and underscores; a letter first.",
            resource="addon-attachment",
        )
    return name
