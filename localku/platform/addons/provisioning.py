"""Provisions, attaches, keeps running and destroys add-ons; each change is a release without a release phase."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.platform.addons import addon_servers, attachment_names
from localku.platform.addons.addon_servers import DESTROYED
from localku.platform.releasing import release
from localku.platform.releasing.release_turn import LIMIT
from localku.records import Addon, App, Observation
from localku.telling import Progress, Say, silent

CONFIG_VAR = "DATABASE_URL"


def provision(context: Context, app: App, asked: str, progress: Progress, *, patience: float = LIMIT) -> Addon:
    """Create `heroku-postgresql[:plan]` and attach it; an app that has one already keeps it.

    There is no release phase, as in a deploy, whose own release has one.
    """
    existing = ready(context, app)
    if existing is not None:
        return existing
    return _made(context, app, asked, progress, patience)


def _made(context: Context, app: App, asked: str, progress: Progress, patience: float) -> Addon:
    """Make it, or go on with one that nobody makes any more, with both of its releases."""
    made = attach(context, app, Wish(asked), progress, patience=patience)
    complete(context, app, made, patience=patience)
    return made


def ready(context: Context, app: App) -> Addon | None:
    """Return the app's add-on; one that is being made, or whose making was broken off, has no port yet."""
    return next((addon for addon in context.store.addons.of(app) if addon.port), None)


@contextmanager
def provisioning(context: Context, app: App) -> Iterator[None]:
    """Be the only one that makes or destroys an add-on of the app; raise LocalkuError where another is."""
    busy = f"Another localku is provisioning an add-on of {app.name}."
    with locks.held(provisioning_lock(context, app), busy, "Wait for it to finish."):
        yield


def provisioning_lock(context: Context, app: App) -> Path:
    return context.store.folder(app) / "addon.lock"


@dataclass(frozen=True)
class Wish:
    """What a new add-on shall be: its plan, and where somebody says so its attachment, its name and its version."""

    asked: str
    attachment: str | None = None
    name: str | None = None
    version: str = ""
    enforce_now: bool = False


def attach(
    context: Context,
    app: App,
    wish: Wish,
    progress: Progress,
    say: Say | None = None,
    patience: float = LIMIT,
) -> Addon:
    """Make the server, and the first of the two releases that a new database is on Heroku: attached, then provisioned.

    The record comes first: whoever is killed then is followed by the next one here, who goes on with it.
    """
    with provisioning(context, app):
        begun = [one for one in context.store.addons.of(app) if not one.port]
        addon = begun[0] if begun else recorded(context, app, wish)
        try:
            made = addon_servers.launch(context, app, addon, progress)
        except BaseException:
            if not begun:
                abandon(context, app, addon)
            raise
        attach_made(context, app, made, say, patience)
        return made


def recorded(context: Context, app: App, wish: Wish) -> Addon:
    """Write down an add-on that is about to be made; it has no port yet. Call with `provisioning`."""
    return context.store.addons.add(_new(context, app, wish))


def abandon(context: Context, app: App, addon: Addon) -> None:
    """Take away an add-on that was recorded and is not to be attached. Call with `provisioning`."""
    _forget(context, app, addon)
    addon_servers.remove_destroyed(context, app)


def attach_made(context: Context, app: App, made: Addon, say: Say | None = None, patience: float = LIMIT) -> None:
    """Release the config var of an add-on whose server runs. Call with `provisioning`."""
    release.make(
        context,
        app,
        config={made.config_var: context.service(made.service).url(made)},
        description=f"Attach {made.config_var.removesuffix('_URL')} (@ref:{made.name})",
        say=say,
        phase=None,
        along=partial(context.store.addons.move, made, made.host, made.port),
        patience=patience,
    )


def _new(context: Context, app: App, wish: Wish) -> Addon:
    service = context.service(wish.asked.partition(":")[0])
    plan = service.plan(wish.asked)
    attachment = wish.attachment or attachment_names.free(context, app, service)
    fresh = service.new(app.id, plan.name, f"{attachment}_URL", context.clock.now())
    return replace(fresh, name=wish.name or fresh.name, version=wish.version, enforce_now=wish.enforce_now)


def complete(
    context: Context,
    app: App,
    addon: Addon,
    *,
    phase: release.Phase | None = None,
    say: Say | None = None,
    patience: float = LIMIT,
) -> None:
    """Make the second release, with which an add-on that is attached is ready, in Heroku's words."""
    description = f"@ref:{addon.name} completed provisioning, setting {addon.config_var}."
    release.make(context, app, phase=phase, description=description, say=say, patience=patience)


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
        _made(context, app, f"{addon.service}:{addon.plan}", progress, patience)
        context.log(app).write("localku", addon.name, "Its creation was interrupted; it is complete now")


def destroy(context: Context, app: App, addon: Addon) -> None:
    """Remove the database, its data and its config vars; that is a release of each app, and their dynos restart.

    The records go first, so that no supervisor starts it again, and whoever is killed then is followed by another.
    """
    with provisioning(context, app):
        others = {one.app_id for one in addon.attachments} - {app.id}
        for other in sorted(others):
            _detach_all(context, context.store.apps.by_id(other), addon, lambda: None)
        _detach_all(context, app, addon, partial(_forget, context, app, addon))
        addon_servers.remove_destroyed(context, app)


def _detach_all(context: Context, app: App, addon: Addon, along: Callable[[], None]) -> None:
    found = addon.on(app.id)

    def detach() -> None:
        for one in found:
            context.store.attachments.remove(one)
        along()

    release.make(
        context,
        app,
        config={one.config_var: None for one in found},
        description=f"Detach {', '.join(one.name for one in found)} (@ref:{addon.name})",
        phase=None,
        along=detach,
    )


def _forget(context: Context, app: App, addon: Addon) -> None:
    """Take the record away, and note in the same moment what is left to take away."""
    left = Observation(app.id, addon.engine_name or addon.name, DESTROYED, 0, None, context.clock.now())
    with context.store.db.transaction():
        context.store.observations.keep(left)
        context.store.addons.remove(addon)


def is_postgres(asked: str) -> bool:
    return bool(re.match(r"^heroku-postgresql(:|$)", asked))
