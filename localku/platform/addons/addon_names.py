"""Names of add-ons: one state folder has each once."""

from __future__ import annotations

import re

from localku.context import Context
from localku.errors import Invalid, Kind, LocalkuError

NAME = re.compile(r"[a-z][a-z0-9-]{1,62}[a-z0-9]", re.ASCII)


def check_new(context: Context, name: str) -> None:
    """Raise LocalkuError where no add-on can be called so."""
    if not NAME.fullmatch(name):
        raise Invalid(
            f"'{name}' is not a valid name for an add-on.",
            "Use 3 to 64 lower-case letters, digits and dashes; a letter first.",
            resource="add_on",
        )
    if context.store.addons.named(name) is not None:
        raise LocalkuError(f"There is an add-on {name} already.", kind=Kind.CONFLICT, resource="add_on")
