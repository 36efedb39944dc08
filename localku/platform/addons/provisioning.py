"""Provisions, attaches, keeps running and destroys add-ons; each change is a release without a release phase."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.platform.addons import addon_servers
from localku.platform.addons.addon_servers import DESTROYED
from localku.platform.releasing import release
from localku.platform.releasing.release_turn import LIMIT
from localku.records import Addon, App, Observation
from localku.services.postgres import credentials, plans
from localku.telling import Progress, Say, silent

CONFIG_VAR = "DATABASE_URL"


def provision(context: Context, app: App, asked: str, progress: Progress, *, patience: float = LIMIT) -> Addon:
    """Create `heroku-postgresql[:plan]` and attach it; an app that has one already keeps it.

    There is no release phase, as in a deploy, whose own release has one.
    """
    existing = ready(context, app)
    if existing is not None:
        return existing
    addon = attach(context, app, asked, progress, patience=patience)
    release.make(context, app, description=completed(addon), phase=None, patience=patience)
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


def attach(
    context: Context,
    app: App,
    asked: str,
    progress: Progress,
    say: Say | None = None,
    patience: float = LIMIT,
) -> Addon:
    """Make the server, and the first of the two releases that a new database is on Heroku: attached, then provisioned.

    The record comes first: whoever is killed then is followed by the next one here, who goes on with it.
    """
    plan = plans.named(asked)
    with _provisioning(context, app):
        begun = context.store.addons.of(app)
        fresh = credentials.new(app.id, plan.name, CONFIG_VAR, context.clock.now())
        addon = begun[0] if begun else context.store.addons.add(fresh)
        try:
            made = addon_servers.launch(context, app, addon, progress)
        except BaseException:
            if not begun:
                _forget(context, app, addon)
                addon_servers.remove_destroyed(context, app)
            raise
        release.make(
            context,
            app,
            config={made.config_var: credentials.url(made)},
            description=f"Attach DATABASE (@ref:{made.name})",
            say=say,
            phase=None,
            along=partial(context.store.addons.move, addon, made.host, made.port),
            patience=patience,
        )
        return made


def completed(addon: Addon) -> str:
    """Heroku's description of the release with which an add-on is ready."""
    return f"@ref:{addon.name} completed provisioning, setting {addon.config_var}."


def ensure_running(
    context: Context,
    app: App,
    progress: Progress = silent,
    *,
    ready: bool = False,
    say: Say | None = None,
    patience: float = LIMIT,
) -> None:
    """Start the app's databases where they are not running; a moved one gets its config var corrected.

    With `ready` one that runs is asked too whether it accepts connections yet. What a killed localku has left
    half made is finished, and what it has left half taken away is taken away. Raise ReleaseBusy where another
    release of the app is being made for longer than `patience` seconds: what a move changes is then still to come.
    """
    addon_servers.remove_destroyed(context, app)
    moves = addon_servers.start_all(context, app, progress, ready=ready)
    for addon in context.store.addons.of(app):
        if not addon.port:
            _finish(context, app, addon, progress, patience)
    release.follow(context, app, moves, say=say, patience=patience)


def _finish(context: Context, app: App, addon: Addon, progress: Progress, patience: float) -> None:
    """Go on with an add-on that nobody is making any more."""
    if locks.holder(provisioning_lock(context, app)) is None:
        provision(context, app, f"heroku-postgresql:{addon.plan}", progress, patience=patience)
        context.log(app).write("localku", addon.name, "Its creation was interrupted; it is complete now")


def destroy(context: Context, app: App, addon: Addon) -> None:
    """Remove the database, its data and its config var; that is a release, and the dynos restart.

    The records go first, so that no supervisor starts it again, and whoever is killed then is followed by another.
    """
    with _provisioning(context, app):
        release.make(
            context,
            app,
            config={addon.config_var: None},
            description=f"Detach DATABASE (@ref:{addon.name})",
            phase=None,
            along=partial(_forget, context, app, addon),
        )
        addon_servers.remove_destroyed(context, app)


def _forget(context: Context, app: App, addon: Addon) -> None:
    """Take the record away, and note in the same moment what is left to take away."""
    left = Observation(app.id, addon.name, DESTROYED, 0, None, context.clock.now())
    with context.store.db.transaction():
        context.store.observations.keep(left)
        context.store.addons.remove(addon)


def is_postgres(asked: str) -> bool:
    return bool(re.match(r"^heroku-postgresql(:|$)", asked))
