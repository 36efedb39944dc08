"""The buildpacks set on an app: they take effect with the next build."""

from __future__ import annotations

from collections.abc import Iterable

from localku.context import Context
from localku.records import App
from localku.slugs import chain


def set_on(context: Context, app: App, references: Iterable[str]) -> tuple[str, ...]:
    """Set the app's buildpacks, in order; none at all leaves it to app.json, `.buildpacks` or detection again.

    Return what is set now. Raise LocalkuError for a reference that names no buildpack.
    """
    listed = tuple(references)
    for reference in listed:
        chain.check(reference)
    context.store.apps.set_buildpacks(app, listed)
    return listed


def of(context: Context, app: App) -> tuple[str, ...]:
    """Return the buildpacks that are set on the app; none where app.json, `.buildpacks` or detection decides."""
    return context.store.apps.buildpacks(app)


def add(context: Context, app: App, reference: str) -> tuple[str, ...]:
    """Add a buildpack to the end of the list; return the list."""
    with context.store.db.transaction():
        return set_on(context, app, (*context.store.apps.buildpacks(app), reference))
