"""Drains: where an app's log is sent to."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.logs.drains import address
from localku.logs.progress import Progress
from localku.records import App, Drain

MOST = 5
"""Drains an app may have (Dev Center, "Log Drains")."""


def add(context: Context, app: App, url: str) -> Drain:
    """Send the app's log to `url` from now on."""
    address.parse(url)
    ident, token = str(uuid.uuid4()), f"d.{uuid.uuid4()}"
    drain = Drain(ident, app.id, url, token, context.clock.now())
    with context.store.db.transaction():
        _check_room(app, url, context.store.drains.of(app))
        Progress(folder(context, app), drain.id).save(context.log(app).end())
        context.store.drains.add(drain)
    return drain


def of(context: Context, app: App) -> tuple[Drain, ...]:
    return tuple(context.store.drains.of(app))


def remove(context: Context, app: App, name: str) -> Drain:
    """Send nothing more to the drain with this URL, token or id; what it has not got yet it will not get."""
    for drain in context.store.drains.of(app):
        if name in {drain.url, drain.token, drain.id}:
            context.store.drains.remove(drain)
            Progress(folder(context, app), drain.id).forget()
            return drain
    raise LocalkuError(
        f"Couldn't find that drain on {app.name}.",
        f"`{CLIENT} drains` lists the URLs and tokens.",
        kind=Kind.NOT_FOUND,
        resource="log-drain",
    )


def folder(context: Context, app: App) -> Path:
    """Where it is kept how far each drain has come."""
    return context.store.folder(app) / "drains"


def _check_room(app: App, url: str, existing: Sequence[Drain]) -> None:
    if any(drain.url == url for drain in existing):
        raise LocalkuError(
            f"{app.name} already has a drain with this URL.",
            f"`{CLIENT} drains` lists them.",
            kind=Kind.INVALID,
            resource="log-drain",
        )
    if len(existing) >= MOST:
        raise LocalkuError(
            f"{app.name} already has {MOST} drains, the most that Heroku allows.",
            f"`{CLIENT} drains` lists them, `{CLIENT} drains:remove` removes one.",
            kind=Kind.INVALID,
            resource="log-drain",
        )
