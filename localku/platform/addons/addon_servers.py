"""The database servers of an app's add-ons: start, stop, and take away. It makes no release."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.engine import labels
from localku.engine.engine_errors import EngineUnavailable
from localku.platform.dynos import running
from localku.records import Addon, App
from localku.services.postgres import credentials
from localku.services.service import Place
from localku.telling import Progress, silent

DESTROYED = "destroyed"
"""The observation that names an add-on of which something may be left in the engine."""


@dataclass(frozen=True)
class Move:
    """A database that answers at another address than its config var says: what the release of that changes."""

    addon: Addon
    host: str
    port: int

    @property
    def config(self) -> dict[str, str | None]:
        return {self.addon.config_var: credentials.url(credentials.at(self.addon, self.host, self.port))}

    @property
    def description(self) -> str:
        return f"Update {self.addon.config_var} (@ref:{self.addon.name})"

    def is_over(self, context: Context, app: App) -> bool:
        """Whether somebody else has released it already, or the add-on is gone."""
        then = {(one.id, one.host, one.port) for one in context.store.addons.of(app)}
        return (self.addon.id, self.addon.host, self.addon.port) not in then

    def keep(self, context: Context, app: App) -> None:
        """Remember the new address, and tell the log of it."""
        context.store.addons.move(self.addon, self.host, self.port)
        was, now = f"{self.addon.host}:{self.addon.port}", f"{self.host}:{self.port}"
        context.log(app).write(
            "localku", self.addon.name, f"{was} is no longer available: the database is now at {now}"
        )


def start_all(context: Context, app: App, progress: Progress = silent, *, ready: bool = False) -> tuple[Move, ...]:
    """Start the servers that do not run, and return those that are not where they were.

    With `ready` one that runs is asked too whether it accepts connections yet. An add-on that is only being made
    has no server yet.
    """
    found = []
    for addon in context.store.addons.of(app):
        if not addon.port:
            continue
        running_at = None if ready else context.postgres.running_at(context.engine, _place(context, app, addon.name))
        at = running_at or _start(context, app, addon, progress)
        if at not in {None, (addon.host, addon.port)}:
            found.append(Move(addon, *at))
    return tuple(found)


def _start(context: Context, app: App, addon: Addon, progress: Progress) -> tuple[str, int] | None:
    """Start a database, one localku at a time: the supervisor and a `localku run` may both miss it.

    None where it was destroyed meanwhile.
    """
    with locks.waited(_database_lock(context, app)):
        if addon.name not in {one.name for one in context.store.addons.of(app)}:
            return None
        was = context.postgres.running_at(context.engine, _place(context, app, addon.name))
        if was is None:
            context.postgres.prepare(context.engine, progress)
        host, port = context.postgres.start(context.engine, _place(context, app, addon.name), addon)
        if was is None:
            context.log(app).write("localku", addon.name, f"The database was down; it is up again at {host}:{port}")
        return host, port


def launch(context: Context, app: App, addon: Addon, progress: Progress) -> Addon:
    """Start the server of a new add-on; return the add-on with its address, which is not kept yet."""
    context.postgres.prepare(context.engine, progress)
    with locks.waited(_database_lock(context, app)):
        host, port = context.postgres.start(context.engine, _place(context, app, addon.name), addon)
    return credentials.at(addon, host, port)


def _database_lock(context: Context, app: App) -> Path:
    """Held by whoever makes, starts or takes away a server."""
    return context.store.folder(app) / "database.lock"


def stop(context: Context, app: App) -> None:
    """Stop the app's databases; their data stays."""
    remove_destroyed(context, app)
    for addon in context.store.addons.of(app):
        context.postgres.stop(context.engine, _place(context, app, addon.name))


@contextmanager
def stopped_after(context: Context, app: App) -> Iterator[None]:
    """Stop the databases after a build or a release that found them stopped, unless a dyno needs them by then."""
    needed = _any_runs(context, app)
    try:
        yield
    finally:
        with suppress(EngineUnavailable):
            if not needed and running.is_running(context, app) is None and not _has_dynos(context, app):
                stop(context, app)


def _any_runs(context: Context, app: App) -> bool:
    """Whether a database runs; True where nobody can tell, for then it is not ours to stop."""
    try:
        return any(
            context.postgres.running_at(context.engine, _place(context, app, one.name))
            for one in context.store.addons.of(app)
        )
    except EngineUnavailable:
        return True


def _has_dynos(context: Context, app: App) -> bool:
    return any(one.running for one in context.containers(app, labels.ROLE_DYNO))


def remove_destroyed(context: Context, app: App) -> None:
    """Take away the servers and data of destroyed add-ons. A volume that no such note names is never touched."""
    for name in _destroyed(context, app):
        with locks.waited(_database_lock(context, app)):
            if name in _destroyed(context, app):
                context.postgres.destroy(context.engine, _place(context, app, name))
                context.store.observations.forget(app, name, DESTROYED)


def _destroyed(context: Context, app: App) -> tuple[str, ...]:
    return tuple(seen.dyno for seen in context.store.observations.of(app) if seen.kind == DESTROYED)


def container(addon: Addon) -> str:
    """Name of the database's container."""
    return f"localku-{addon.name}"


def _place(context: Context, app: App, name: str) -> Place:
    return Place(
        container=f"localku-{name}",
        volume=f"localku-{name}",
        network=context.network,
        network_labels={labels.HOME: context.home_id},
        labels=context.labels(app, labels.ROLE_POSTGRES),
    )
