"""Add-ons of an app: provision, start, find, and the config var each is attached as."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from localku.engine import labels
from localku.engine.errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.platform import locks, running
from localku.platform.context import Context
from localku.postgres import credentials, image, plans, server
from localku.store.records import Addon, App, Release
from localku.store.releases import SUCCEEDED

Progress = Callable[[str, float | None], None]
CONFIG_VAR = "DATABASE_URL"


def provision(
    context: Context, app: App, wanted: str, progress: Progress, provisioned: Callable[[Addon, str], None] | None = None
) -> Addon:
    """Create `heroku-postgresql[:plan]` and attach it; an app that has one already keeps it.

    `provisioned` makes the release of that description in the end. Without it there is no release phase,
    as in a build, whose own release has one.
    """
    existing = context.store.addons.of(app)
    if existing:
        return existing[0]
    plan = plans.named(wanted)
    busy = f"Another localku is provisioning an add-on of {app.name}."
    with locks.held(provisioning_lock(context, app.name), busy, "Wait for it to finish."):
        addon = _provision(context, app, plan, progress)
    description = f"@ref:{addon.name} completed provisioning, setting {addon.config_var}."
    if provisioned is None:
        _released(context, app, description)
    else:
        provisioned(addon, description)
    return addon


def provisioning_lock(context: Context, app_name: str) -> Path:
    return context.store.folder(app_name) / "addon.lock"


def _provision(context: Context, app: App, plan: plans.Plan, progress: Progress) -> Addon:
    image.ensure(context.engine, progress)
    fresh = credentials.new(app.id, plan.name, CONFIG_VAR, context.clock.now())
    place = _place(context, app, fresh)
    try:
        host, port = server.start(context.engine, place, fresh)
    except BaseException:
        server.destroy(context.engine, place)
        raise
    addon = context.store.addons.add(credentials.at(fresh, host, port))
    context.store.apps.change_config(app, {addon.config_var: credentials.url(addon)})
    _attached(context, app, addon)
    return addon


def ensure_running(
    context: Context, app: App, progress: Progress = lambda _step, _done: None, *, ready: bool = False
) -> None:
    """Start the app's databases where they are not running; a moved one gets its config var corrected.

    With `ready` one that runs is asked too whether it accepts connections yet.
    """
    for addon in context.store.addons.of(app):
        place = None if ready else server.running_at(context.engine, _place(context, app, addon))
        host, port = place or _start(context, app, addon, progress)
        if (host, port) != (addon.host, addon.port):
            _move(context, app, addon, host, port)


def _start(context: Context, app: App, addon: Addon, progress: Progress) -> tuple[str, int]:
    """Start a database, one localku at a time: the supervisor and a `localku run` may both miss it."""
    with locks.waited(context.store.folder(app.name) / "database.lock"):
        was = server.running_at(context.engine, _place(context, app, addon))
        if was is None:
            image.ensure(context.engine, progress)
        host, port = server.start(context.engine, _place(context, app, addon), addon)
        if was is None:
            context.log(app).write("localku", addon.name, f"The database did not run; it is up again at {host}:{port}")
        return host, port


def stop(context: Context, app: App) -> None:
    """Stop the app's databases; their data stays."""
    for addon in context.store.addons.of(app):
        server.stop(context.engine, _place(context, app, addon))


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
        return any(server.running_at(context.engine, _place(context, app, one)) for one in context.store.addons.of(app))
    except EngineUnavailable:
        return True


def _has_dynos(context: Context, app: App) -> bool:
    return any(one.running for one in context.engine.containers.find(context.labels(app, labels.ROLE_DYNO)))


def destroy(context: Context, app: App, addon: Addon) -> None:
    """Remove the database, its data and its config var; that is a release, and the dynos restart."""
    server.destroy(context.engine, _place(context, app, addon))
    context.store.addons.remove(addon)
    context.store.apps.change_config(app, {addon.config_var: None})
    _released(context, app, f"Detach DATABASE (@ref:{addon.name})")


def database(context: Context, app: App) -> Addon:
    found = context.store.addons.of(app)
    if not found:
        raise LocalkuError(f"{app.name} has no database.", "`localku addons:create heroku-postgresql` gives it one.")
    return found[0]


def is_postgres(wanted: str) -> bool:
    return bool(re.match(r"^heroku-postgresql(:|$)", wanted))


def container(addon: Addon) -> str:
    """Name of the database's container."""
    return f"localku-{addon.name}"


def _place(context: Context, app: App, addon: Addon) -> server.Place:
    return server.Place(
        container=container(addon),
        volume=f"localku-{addon.name}",
        network=context.network,
        network_labels={labels.HOME: context.home_id},
        labels=context.labels(app, labels.ROLE_POSTGRES),
    )


def _move(context: Context, app: App, addon: Addon, host: str, port: int) -> None:
    was = f"{addon.host}:{addon.port}"
    context.log(app).write("localku", addon.name, f"{was} could not be had again: the database is at {host}:{port} now")
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
    context.log(app).write("app", "api", f"Release v{made.version} created by user localku")


def _release(context: Context, app: App, description: str) -> Release:
    current = context.store.releases.current(app)
    slug = context.store.releases.slug(current.slug_id) if current and current.slug_id else None
    config, now = context.store.apps.config(app), context.clock.now()
    context.log(app).write("app", "api", f"{description} by user localku")
    return context.store.releases.add(app, slug, config, description, SUCCEEDED, now)
