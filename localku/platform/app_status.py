"""Whether apps are up, and where they answer."""

from __future__ import annotations

from dataclasses import dataclass

from localku.context import Context
from localku.platform.dynos import running
from localku.store.records import App


@dataclass(frozen=True)
class AppStatus:
    """`url` is where the app answers now, None while nobody runs it."""

    app: App
    url: str | None


def of(context: Context, app: App) -> AppStatus:
    return AppStatus(app, running.url(context, app))


def listed(context: Context) -> tuple[AppStatus, ...]:
    """All apps of this state folder."""
    return tuple(of(context, app) for app in context.store.apps.all())
