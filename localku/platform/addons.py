"""Add-ons of an app: provision, start, find, and the config var each is attached as."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.engine import labels
from localku.engine.engine_errors import EngineUnavailable
from localku.errors import CLIENT, Kind, LocalkuError
from localku.logs import api_lines
from localku.platform import running
from localku.services.postgres import credentials, plans, postgres_image, postgres_server
from localku.store.records import Addon, App, Observation, Release
from localku.store.releases_table import SUCCEEDED

Progress = Callable[[str, float | None], None]
CONFIG_VAR = "DATABASE_URL"

DESTROYED = "destroyed"
"""The observation that names an add-on of which something may be left in the engine."""


def provision(
    context: Context, app: App, wanted: str, progress: Progress, provisioned: Callable[[Addon, str], None] | None = None
) -> Addon:
    """Create `heroku-postgresql[:plan]` and attach it; an app that has one already keeps it.

    `provisioned` makes the release of that description in the end. Without it there is no release phase,
    as in a build, whose own release has one.
    """
    existing = ready(context, app)
    if existing is not None:
        return existing
    plan = plans.named(wanted)
    with _provisioning(context, app):
        addon = _provision(context, app, plan, progress)
    description = f"@ref:{addon.name} completed provisioning, setting {addon.config_var}."
    if provisioned is None:
        _released(context, app, description)
    else:
        provisioned(addon, description)
    return addon


def ready(context: Context, app: App) -> Addon | None:
    """Return the app's add-on; one that is being made, or whose making was broken off, has no port yet."""
    return next((addon for addon in context.store.addons.of(app) if addon.port), None)


@contextmanager
def _provisioning(context: Context, app: App) -> Iterator[None]:
    busy = f"Another localku is provisioning an add-on of {app.name}."
    with locks.held(provisioning_lock(context, app), busy, "Wait for it to finish."):
        yield


def provisioning_lock(context: Context, app: App) -> Path:
    return context.store.folder(app) / "addon.lock"


def _database_lock(context: Context, app: App) -> Path:
    """Held by whoever makes, starts or takes away a server."""
    return context.store.folder(app) / "database.lock"


def _provision(context: Context, app: App, plan: plans.Plan, progress: Progress) -> Addon:
    """The record comes first: whoever is killed then is followed by the next one here, who goes on with it."""
    postgres_image.ensure(context.engine, progress)
    begun = context.store.addons.of(app)
    fresh = credentials.new(app.id, plan.name, CONFIG_VAR, context.clock.now())
    addon = begun[0] if begun else context.store.addons.add(fresh)
    try:
        with locks.waited(_database_lock(context, app)):
            host, port = postgres_server.start(context.engine, _place(context, app, addon), addon)
    except BaseException:
        if not begun:
            _forget(context, app, addon)
            remove_destroyed(context, app)
        raise
    made = credentials.at(addon, host, port)
    context.store.apps.change_config(app, {made.config_var: credentials.url(made)})
    _attached(context, app, made)
    context.store.addons.move(addon, host, port)
    return made


def ensure_running(
    context: Context, app: App, progress: Progress = lambda _step, _done: None, *, ready: bool = False
) -> None:
    """Start the app's databases where they are not running; a moved one gets its config var corrected.

    With `ready` one that runs is asked too whether it accepts connections yet. What a killed localku has left
    half made is finished, and what it has left half taken away is taken away.
    """
    remove_destroyed(context, app)
    for addon in context.store.addons.of(app):
        if not addon.port:
            _finish(context, app, addon, progress)
            continue
        running_at = None if ready else postgres_server.running_at(context.engine, _place(context, app, addon))
        at = running_at or _start(context, app, addon, progress)
        if at not in {None, (addon.host, addon.port)}:
            _move(context, app, addon, *at)


def _finish(context: Context, app: App, addon: Addon, progress: Progress) -> None:
    """Go on with an add-on that nobody is making any more."""
    if locks.holder(provisioning_lock(context, app)) is None:
        provision(context, app, f"heroku-postgresql:{addon.plan}", progress)
        context.log(app).write("localku", addon.name, "Its creation was interrupted; it is complete now")


def _start(context: Context, app: App, addon: Addon, progress: Progress) -> tuple[str, int] | None:
    """Start a database, one localku at a time: the supervisor and a `localku run` may both miss it.

    None where it was destroyed meanwhile.
    """
    with locks.waited(_database_lock(context, app)):
        if addon.name not in {one.name for one in context.store.addons.of(app)}:
            return None
        was = postgres_server.running_at(context.engine, _place(context, app, addon))
        if was is None:
            postgres_image.ensure(context.engine, progress)
        host, port = postgres_server.start(context.engine, _place(context, app, addon), addon)
        if was is None:
            context.log(app).write("localku", addon.name, f"The database was down; it is up again at {host}:{port}")
        return host, port


def stop(context: Context, app: App) -> None:
    """Stop the app's databases; their data stays."""
    remove_destroyed(context, app)
    for addon in context.store.addons.of(app):
        postgres_server.stop(context.engine, _place(context, app, addon))


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
            postgres_server.running_at(context.engine, _place(context, app, one))
            for one in context.store.addons.of(app)
        )
    except EngineUnavailable:
        return True


def _has_dynos(context: Context, app: App) -> bool:
    return any(one.running for one in context.containers(app, labels.ROLE_DYNO))


def destroy(context: Context, app: App, addon: Addon) -> None:
    """Remove the database, its data and its config var; that is a release, and the dynos restart.

    The records go first, so that no supervisor starts it again, and whoever is killed then is followed by another.
    """
    with _provisioning(context, app):
        context.store.apps.change_config(app, {addon.config_var: None})
        _forget(context, app, addon)
        _released(context, app, f"Detach DATABASE (@ref:{addon.name})")
        remove_destroyed(context, app)


def _forget(context: Context, app: App, addon: Addon) -> None:
    """Take the record away, and note in the same moment what is left to take away."""
    left = Observation(app.id, addon.name, DESTROYED, 0, None, context.clock.now())
    with locks.waited(_database_lock(context, app)), context.store.db.transaction():
        context.store.observations.keep(left)
        context.store.addons.remove(addon)


def remove_destroyed(context: Context, app: App) -> None:
    """Take away the servers and data of destroyed add-ons. A volume that no such note names is never touched."""
    for name in _destroyed(context, app):
        with locks.waited(_database_lock(context, app)):
            if name in _destroyed(context, app):
                postgres_server.destroy(context.engine, _place_of(context, app, name))
                context.store.observations.forget(app, name, DESTROYED)


def _destroyed(context: Context, app: App) -> tuple[str, ...]:
    return tuple(seen.dyno for seen in context.store.observations.of(app) if seen.kind == DESTROYED)


def database(context: Context, app: App) -> Addon:
    found = context.store.addons.of(app)
    if not found:
        raise LocalkuError(
            f"{app.name} has no database.",
            f"`{CLIENT} addons:create heroku-postgresql` provisions one.",
            kind=Kind.NOT_FOUND,
            resource="addon",
        )
    return found[0]


def is_postgres(wanted: str) -> bool:
    return bool(re.match(r"^heroku-postgresql(:|$)", wanted))


def container(addon: Addon) -> str:
    """Name of the database's container."""
    return f"localku-{addon.name}"


def _place(context: Context, app: App, addon: Addon) -> postgres_server.Place:
    return _place_of(context, app, addon.name)


def _place_of(context: Context, app: App, name: str) -> postgres_server.Place:
    return postgres_server.Place(
        container=f"localku-{name}",
        volume=f"localku-{name}",
        network=context.network,
        network_labels={labels.HOME: context.home_id},
        labels=context.labels(app, labels.ROLE_POSTGRES),
    )


def _move(context: Context, app: App, addon: Addon, host: str, port: int) -> None:
    was = f"{addon.host}:{addon.port}"
    context.log(app).write("localku", addon.name, f"{was} is no longer available: the database is now at {host}:{port}")
    context.store.addons.move(addon, host, port)
    moved = credentials.at(addon, host, port)
    context.store.apps.change_config(app, {addon.config_var: credentials.url(moved)})
    if context.store.releases.current(app) is not None:
        _released(context, app, f"Update {addon.config_var} (@ref:{addon.name})")


def _attached(context: Context, app: App, addon: Addon) -> None:
    """Make the first of the two releases that a new database is on Heroku: attached, then provisioned.

    Its lines are those of logs of 2019 to 2023.
    """
    made = _release(context, app, f"Attach DATABASE (@ref:{addon.name})")
    context.log(app).write("app", "api", f"Running release v{made.version} commands by user localku")


def _released(context: Context, app: App, description: str) -> None:
    """Make the release that a change of add-ons is."""
    made = _release(context, app, description)
    context.log(app).write("app", "api", api_lines.release_created(made.version, "localku"))


def _release(context: Context, app: App, description: str) -> Release:
    current = context.store.releases.current(app)
    slug = context.store.releases.slug(current.slug_id) if current and current.slug_id else None
    config, now = context.store.apps.config(app), context.clock.now()
    context.log(app).write("app", "api", f"{description} by user localku")
    return context.store.releases.add(app, slug, config, description, SUCCEEDED, now)
