"""Whether apps are up, and where they answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from localku.context import Context
from localku.platform.dynos import running
from localku.records import App


@dataclass(frozen=True)
class AppStatus:
    """`url` is where the app answers now, None while nobody runs it; `released_at` when its newest release was made."""

    app: App
    url: str | None
    released_at: datetime


def of(context: Context, app: App) -> AppStatus:
    return AppStatus(app, running.url(context, app), context.store.releases.newest_at(app) or app.created_at)


def listed(context: Context) -> tuple[AppStatus, ...]:
    """All apps of this state folder, in few reads: there may be many."""
    newest = context.store.releases.newest_of_all()
    return tuple(
        AppStatus(app, running.url_now(context, app), newest.get(app.id, app.created_at))
        for app in context.store.apps.all()
    )
