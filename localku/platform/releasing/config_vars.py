"""Config vars: what they are now, and Heroku's rules for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.records import App

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
TOTAL_BYTES = 64 * 1024
"""All names and values together (Dev Center, "Limits")."""


ADVICE = "Heroku takes names that start with HEROKU_ or __, and keeps them for what it sets itself: choose another."
"""What is said of a `reserved` name."""


def of(context: Context, app: App) -> Mapping[str, str]:
    """Return the app's config vars as they are now."""
    return context.store.apps.config(app)


def invalid(names: Iterable[str]) -> list[str]:
    """Those that Heroku refuses, in order."""
    return sorted(name for name in names if not NAME.match(name))


def reserved(names: Iterable[str]) -> list[str]:
    """Those that Heroku takes and advises against (https://devcenter.heroku.com/articles/config-vars), in order."""
    return sorted(name for name in names if name.startswith(("HEROKU_", "__")))


def check(existing: Mapping[str, str], changes: Mapping[str, str | None]) -> None:
    """Raise LocalkuError for names and sizes that Heroku refuses."""
    if refused := invalid(changes):
        quoted = ", ".join(f"'{name}'" for name in refused)
        raise LocalkuError(
            f"{quoted} is not a valid name for a config var."
            if len(refused) == 1
            else f"{quoted} are not valid names for config vars.",
            "Use letters, digits and underscores; no leading digit.",
            kind=Kind.INVALID,
            resource="config-vars",
        )
    after = {**existing, **changes}
    total = sum(len(name.encode()) + len(value.encode()) for name, value in after.items() if value is not None)
    if total > TOTAL_BYTES:
        raise LocalkuError(
            f"Config vars would hold {total:,} bytes; Heroku allows {TOTAL_BYTES:,} ({TOTAL_BYTES // 1024} KB) in all.",
            "Store large data in a file or a service, and its address in the config var.",
            kind=Kind.INVALID,
            resource="config-vars",
        )
