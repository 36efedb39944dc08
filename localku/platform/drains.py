"""Drains: where an app's log is sent to, and the sending while the app runs."""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.logs.drains import address, connect
from localku.logs.drains.courier import Post
from localku.logs.drains.couriers import Couriers
from localku.logs.drains.progress import Progress
from localku.slugs import host_settings
from localku.store.records import App, Drain

MOST = 5
"""Drains an app may have (Dev Center, "Log Drains")."""


def add(context: Context, app: App, url: str) -> Drain:
    """Send the app's log to `url` from now on."""
    address.parse(url)
    existing = context.store.drains.of(app)
    if any(drain.url == url for drain in existing):
        raise _taken(app)
    if len(existing) >= MOST:
        raise LocalkuError(
            f"{app.name} already has {MOST} drains, the most that Heroku allows.",
            f"`{CLIENT} drains` lists them, `{CLIENT} drains:remove` removes one.",
            kind=Kind.INVALID,
            resource="log-drain",
        )
    ident, token = str(uuid.uuid4()), f"d.{uuid.uuid4()}"
    drain = Drain(ident, app.id, url, token, context.clock.now())
    Progress(_folder(context, app), drain.id).save(context.log(app).end())
    try:
        context.store.drains.add(drain)
    except sqlite3.IntegrityError as error:  # another localku was quicker
        raise _taken(app) from error
    return drain


def of(context: Context, app: App) -> tuple[Drain, ...]:
    return tuple(context.store.drains.of(app))


def remove(context: Context, app: App, name: str) -> Drain:
    """Send nothing more to the drain with this URL, token or id; what it has not got yet it will not get."""
    for drain in context.store.drains.of(app):
        if name in {drain.url, drain.token, drain.id}:
            context.store.drains.remove(drain)
            Progress(_folder(context, app), drain.id).forget()
            return drain
    raise LocalkuError(
        f"Couldn't find that drain on {app.name}.",
        f"`{CLIENT} drains` lists the URLs and tokens.",
        kind=Kind.NOT_FOUND,
        resource="log-drain",
    )


@contextlib.contextmanager
def delivering(context: Context, app: App) -> Iterator[None]:
    """Send the log to the app's drains meanwhile, those included that come later."""
    authority = context.home / "tls" / "ca.pem"
    bundle = host_settings.certificates()
    post = Post(
        log=context.log(app),
        progress=_folder(context, app),
        clock=context.clock,
        trust=lambda: connect.trust(bundle, authority),
    )
    couriers = Couriers(post, lambda: context.store.drains.of(app))
    couriers.start()
    try:
        yield
    finally:
        couriers.stop()


def _folder(context: Context, app: App) -> Path:
    return context.store.folder(app) / "drains"


def _taken(app: App) -> LocalkuError:
    return LocalkuError(
        f"{app.name} already has a drain with this URL.",
        f"`{CLIENT} drains` lists them.",
        kind=Kind.INVALID,
        resource="log-drain",
    )
