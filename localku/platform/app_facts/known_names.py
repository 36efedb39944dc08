"""The names that a shell can complete, as the state folder has them; no engine and no server is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from localku.context import Context
from localku.records import App

Names = Literal["config vars", "databases", "dynos", "process types", "releases"]
"""What an app has names of."""


def of(context: Context, app: App, kind: Names) -> list[str]:
    return _FOUND[kind](context, app)


def apps(context: Context) -> list[str]:
    return sorted(app.name for app in context.store.apps.all())


def _config_vars(context: Context, app: App) -> list[str]:
    return sorted(context.store.apps.config(app))


def _process_types(context: Context, app: App) -> list[str]:
    return sorted({entry.type for entry in context.store.apps.formation(app)})


def _dynos(context: Context, app: App) -> list[str]:
    """One-off dynos among them."""
    members = {one.name for one in context.store.dynos.of(app.id)}
    return sorted(members | {one.name for one in context.store.oneoffs.of(app)})


def _releases(context: Context, app: App) -> list[str]:
    """Return v7, v6 …, the newest first."""
    return sorted((f"v{one.version}" for one in context.store.releases.all(app)), key=lambda name: -int(name[1:]))


def _databases(context: Context, app: App) -> list[str]:
    """Return the names of attachments, as commands for databases take them."""
    return sorted(one.name for one in context.store.attachments.of(app))


_FOUND: Mapping[Names, Callable[[Context, App], list[str]]] = {
    "config vars": _config_vars,
    "databases": _databases,
    "dynos": _dynos,
    "process types": _process_types,
    "releases": _releases,
}
