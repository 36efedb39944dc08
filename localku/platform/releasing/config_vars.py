"""Config vars: what they are now, and Heroku's rules for them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.records import App

NAME = re.compile(r"(?:[A-Za-z][A-Za-z0-9_]*|_[A-Za-z0-9][A-Za-z0-9_]*|_)\Z")
TOTAL_BYTES = 64 * 1024
"""All names and values together (Dev Center, "Limits")."""


def of(context: Context, app: App) -> Mapping[str, str]:
    """Return the app's config vars as they are now."""
    return context.store.apps.config(app)


def check(existing: Mapping[str, str], changes: Mapping[str, str | None]) -> None:
    """Raise LocalkuError for names and sizes that Heroku refuses."""
    for name in changes:
        if not NAME.match(name):
            raise LocalkuError(
                f"'{name}' is not a valid name for a config var.",
                "Use letters, digits and underscores; no leading digit.",
                kind=Kind.INVALID,
                resource="config-vars",
            )
        if name.startswith("HEROKU_") and changes[name] is not None:
            raise LocalkuError(
                f"'{name}': names that start with HEROKU_ are reserved for the platform.",
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
