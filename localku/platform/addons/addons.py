"""Add-ons of an app: which there are, and creating one with the release phase that this is."""

from __future__ import annotations

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform.addons import provisioning
from localku.platform.releasing import release
from localku.platform.releasing.release_phase import RELEASE_PHASE
from localku.records import Addon, App
from localku.services.postgres import plans
from localku.telling import Progress, Say


def create(context: Context, app: App, asked: str, progress: Progress, say: Say) -> Addon:
    """Provision the add-on and release what is deployed with its config var; an app that has one keeps it.

    That is a release with its phase. The add-on stays where the release command fails: raises ReleaseFailed.
    """
    if not provisioning.is_postgres(asked):
        raise LocalkuError(
            f"Couldn't find the add-on service {asked}.",
            f"localku provides {plans.SERVICE}.",
            kind=Kind.NOT_FOUND,
            resource="addon-service",
        )
    existing = provisioning.ready(context, app)
    if existing is not None:
        say(f"{app.name} already has {existing.name} as {existing.config_var}")
        return existing
    addon = provisioning.attach(context, app, asked, progress, say)
    say(f"Created {addon.name} as {addon.config_var}")
    release.make(context, app, phase=RELEASE_PHASE, description=provisioning.completed(addon), say=say)
    return addon


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


def of(context: Context, app: App) -> tuple[Addon, ...]:
    return tuple(context.store.addons.of(app))


def find(context: Context, app: App, name: str | None = None) -> Addon:
    """Return the app's add-on of that name or service; without a name the only one."""
    found = database(context, app)
    if name not in {None, found.name, plans.SERVICE}:
        raise LocalkuError(
            f"Couldn't find that add-on: {name}.",
            f"{app.name} has {found.name}.",
            kind=Kind.NOT_FOUND,
            resource="addon",
        )
    return found
