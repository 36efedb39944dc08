"""`addons:create`: an add-on, and the release phase that its provisioning starts (reference/heroku-runtime.md §1.4)."""

from __future__ import annotations

from localku.context import Context
from localku.platform import addons
from localku.platform.addons import Progress
from localku.platform.oneoff import Say
from localku.platform.release import release
from localku.store.records import Addon, App


def create(context: Context, app: App, wanted: str, progress: Progress, say: Say) -> Addon:
    """Provision the add-on and release what is deployed with its config var; an app that has one keeps it.

    The add-on stays where the release command fails: raises ReleaseFailed.
    """

    def provisioned(addon: Addon, description: str) -> None:
        say(f"Created {addon.name} as {addon.config_var}")
        release(context, app, context.store.releases.current_slug(app), description, say)

    existing = addons.ready(context, app)
    if existing is not None:
        say(f"{app.name} already has {existing.name} as {existing.config_var}")
        return existing
    return addons.provision(context, app, wanted, progress, provisioned)
