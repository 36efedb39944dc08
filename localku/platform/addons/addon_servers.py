"""The database servers of an app's add-ons: start, stop, and take away. It makes no release."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.engine import labels
from localku.engine.engine_errors import EngineUnavailable
from localku.platform.addons import addon_ids
from localku.platform.dynos import running
from localku.records import Addon, App
from localku.services.postgres import credentials
from localku.services.service import Place
from localku.telling import Progress, silent

DESTROYED = "destroyed"
"""The observation that names an add-on of which something may be left in the engine."""


@dataclass(frozen=True)
class Move:
    """A database that answers at another address than a config var says: what the release of that changes."""

    addon: Addon
    host: str
    port: int
    app_id: int

    @property
    def config(self) -> dict[str, str | None]:
        url = credentials.url(credentials.at(self.addon, self.host, self.port))
        return {one.config_var: url for one in self.addon.on(self.app_id)}

    @property
    def description(self) -> str:
        return f"Update {', '.join(self.config)} (@ref:{self.addon.name})"

    def is_over(self, context: Context, app: App) -> bool:
        """Whether somebody else has released it already, or the add-on is gone."""
        if self.addon.app_id != app.id:
            return not is_stale(context, app, self.addon, (self.host, self.port))
        then = {(one.id, one.host, one.port) for one in context.store.addons.of(app)}
        return (self.addon.id, self.addon.host, self.addon.port) not in then

    def keep(self, context: Context, app: App) -> None:
        """Remember the new address, and tell the log of it."""
        if self.addon.app_id != app.id:
            return
        context.store.addons.move(self.addon, self.host, self.port)
        was, now = f"{self.addon.host}:{self.addon.port}", f"{self.host}:{self.port}"
        context.log(app).write(
            "localku", self.addon.name, f"{was} is no longer available: the database is now at {now}"
        )


def is_stale(context: Context, app: App, addon: Addon, at: tuple[str, int]) -> bool:
    """Whether a config var of the app names another address of the add-on than this one."""
    config, url = context.store.apps.config(app), credentials.url(credentials.at(addon, *at))
    ours = f"postgres://{addon.role}:{addon.password}@"
    values = [config.get(one.config_var, "") for one in addon.on(app.id)]
    return any(value != url and value.startswith(ours) for value in values)


def used_by(context: Context, app: App) -> tuple[Addon, ...]:
    """The add-ons that the app's dynos need: its own, and those of other apps that it has an attachment of."""
    own = context.store.addons.of(app)
    names = {one.name for one in own}
    return (*own, *(one for one in context.store.addons.attached(app) if one.name not in names))


def start_all(context: Context, app: App, progress: Progress = silent, *, ready: bool = False) -> tuple[Move, ...]:
    """Start the servers that do not run, and return those that are not where they were.

    With `ready` one that runs is asked too whether it accepts connections yet. An add-on that is only being made
    has no server yet.
    """
    found = []
    for addon in used_by(context, app):
        if not addon.port:
            continue
        owner = addon_ids.owner(context, addon)
        running_at = None if ready else _running_at(context, owner, addon)
        at = running_at or _start(context, owner, addon, progress)
        if at is None:
            continue
        if at != (addon.host, addon.port) if owner.id == app.id else is_stale(context, app, addon, at):
            found.append(Move(addon, *at, app.id))
    return tuple(found)


def _running_at(context: Context, owner: App, addon: Addon) -> tuple[str, int] | None:
    service = context.service(addon.service)
    return service.running_at(context.engine, _place(context, owner, addon.engine_name))


def _start(context: Context, app: App, addon: Addon, progress: Progress) -> tuple[str, int] | None:
    """Start a database, one localku at a time: the supervisor and a `localku run` may both miss it.

    None where it was destroyed meanwhile.
    """
    with locks.waited(_database_lock(context, app)):
        current = next((one for one in context.store.addons.of(app) if one.id == addon.id), None)
        if current is None:
            return None
        was = _running_at(context, app, current)
        service = context.service(current.service)
        if was is None:
            service.prepare(context.engine, progress, current.version)
        host, port = service.start(context.engine, _place(context, app, current.engine_name), current)
        if was is None:
            context.log(app).write("localku", addon.name, f"The database was down; it is up again at {host}:{port}")
        return host, port


def launch(context: Context, app: App, addon: Addon, progress: Progress) -> Addon:
    """Start the server of a new add-on; return the add-on with its address, which is not kept yet."""
    service = context.service(addon.service)
    _settle_versions(context)
    version = service.prepare(context.engine, progress, addon.version)
    context.store.addons.set_version(addon, version)
    made = replace(addon, version=version)
    with locks.waited(_database_lock(context, app)):
        host, port = service.start(context.engine, _place(context, app, addon.engine_name), made)
    return replace(made, host=host, port=port)


def _settle_versions(context: Context) -> None:
    """Write down the version of add-ons from before it was kept, while there is one image of their service."""
    for addon in context.store.addons.all():
        if not addon.version and addon.port:
            context.store.addons.set_version(addon, context.service(addon.service).version_there(context.engine))


def _database_lock(context: Context, app: App) -> Path:
    """Held by whoever makes, starts or takes away a server."""
    return context.store.folder(app) / "database.lock"


def stop(context: Context, app: App) -> None:
    """Stop the app's databases, but those that another app needs; their data stays."""
    remove_destroyed(context, app)
    for addon in used_by(context, app):
        if not _others_need(context, app, addon):
            owner = addon_ids.owner(context, addon)
            context.service(addon.service).stop(context.engine, _place(context, owner, addon.engine_name))


def change_version(context: Context, addon: Addon, version: str, progress: Progress) -> None:
    """Have the add-on's files served by another image of the same major version; a server of the former one is stopped.

    Whoever is killed in between is followed by the next start, which takes the image that the record names.
    """
    service, owner = context.service(addon.service), addon_ids.owner(context, addon)
    service.prepare(context.engine, progress, version)
    place = _place(context, owner, addon.engine_name)
    with locks.waited(_database_lock(context, owner)):
        context.store.addons.set_version(addon, version)
        if not service.serves(context.engine, place, version):
            service.stop(context.engine, place)


def _others_need(context: Context, app: App, addon: Addon) -> bool:
    others = {addon.app_id, *(one.app_id for one in addon.attachments)} - {app.id}
    return any(context.store.apps.by_id(number).shall_run for number in others)


@contextmanager
def stopped_after(context: Context, app: App) -> Iterator[bool]:
    """Stop the databases after a build or a release that found them stopped, unless a dyno needs them by then.

    Yield whether it has found them running, and so leaves them.
    """
    needed = _any_runs(context, app)
    try:
        yield needed
    finally:
        with suppress(EngineUnavailable):
            if not needed and running.is_running(context, app) is None and not _has_dynos(context, app):
                stop(context, app)


def _any_runs(context: Context, app: App) -> bool:
    """Whether a database runs, or did until it crashed just now; True where nobody can tell: it is not ours to stop."""
    try:
        return any(_runs(context, addon_ids.owner(context, one), one) for one in used_by(context, app))
    except EngineUnavailable:
        return True


def _runs(context: Context, owner: App, addon: Addon) -> bool:
    place = _place(context, owner, addon.engine_name)
    return _running_at(context, owner, addon) is not None or context.service(addon.service).is_coming_back(
        context.engine, place
    )


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
    return f"localku-{addon.engine_name or addon.name}"


def _place(context: Context, app: App, name: str) -> Place:
    return Place(
        container=f"localku-{name}",
        volume=f"localku-{name}",
        network=context.network,
        network_labels={labels.HOME: context.home_id},
        labels=context.labels(app, labels.ROLE_POSTGRES),
    )
