"""Config vars: their rules, and the release every change makes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform.releasing import release
from localku.store.records import App, Release
from localku.telling import Say

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


def change(context: Context, app: App, changes: Mapping[str, str | None], say: Say | None = None) -> Release:
    """Set and unset config vars and release the result; the supervisor restarts the dynos.

    A var that is set to the value it has makes a release too. Where the release phase fails, the vars
    stay set and the dynos go on with the release before.
    """

    def checked(existing: Mapping[str, str]) -> Mapping[str, str | None]:
        check(existing, changes)
        missing = [name for name, value in changes.items() if value is None and name not in existing]
        if missing and all(value is None for value in changes.values()):
            raise LocalkuError(
                f"There is no config var {', '.join(missing)} on {app.name}.",
                kind=Kind.NOT_FOUND,
                resource="config-vars",
            )
        return changes

    checked(context.store.apps.config(app))  # before anybody waits
    return release.make(context, app, config=checked, description=describe(changes), say=say)


def describe(changes: Mapping[str, str | None]) -> str:
    """Heroku's description of the release: `Set A, B config vars`."""
    verbs = {
        "Set": [name for name, value in changes.items() if value is not None],
        "Unset": [name for name, value in changes.items() if value is None],
    }
    return ", ".join(f"{verb} {', '.join(names)} config vars" for verb, names in verbs.items() if names)
