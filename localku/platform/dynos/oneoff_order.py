"""Ordering a one-off dyno of what dynos run: after the databases run, so that it starts with their addresses."""

from __future__ import annotations

from localku.context import Context
from localku.dyno.dyno_order import DynoOrder
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform.addons import provisioning
from localku.platform.dynos import formation, oneoff
from localku.platform.releasing import release
from localku.records import App, Release
from localku.telling import Say


def order(
    context: Context,
    app: App,
    kind: str,
    command: str,
    *,
    size: str | None = None,
    say: Say | None = None,
    patience: float = release.LIMIT,
) -> DynoOrder:
    """Order a `run` or `scheduler` dyno of the release in force, with its databases running.

    A command that starts with a process type's name runs that type's command. `size` is the app's tier's where none
    is given. Raise LocalkuError where nothing is deployed, and ReleaseBusy where a database has moved while another
    release is being made for longer than `patience` seconds.
    """
    _deployed(context, app)
    provisioning.ensure_running(context, app, say=say, patience=patience)
    made = _deployed(context, app)
    slug = context.store.releases.slug(made.slug_id or 0)
    return oneoff.order(kind, command, made, slug, size=size or formation.size_of(context, app, kind))


def _deployed(context: Context, app: App) -> Release:
    made = context.store.releases.current(app)
    if made is None or made.slug_id is None:
        raise LocalkuError(
            f"{app.name} has not been built yet.",
            f"Run `{CLIENT} build` first.",
            kind=Kind.NOT_FOUND,
            resource="release",
        )
    return made
