"""The buildpacks set on an app: they take effect with the next build."""

from __future__ import annotations

from collections.abc import Iterable

from localku.context import Context
from localku.slugs import chain
from localku.store.records import App


def set_on(context: Context, app: App, references: Iterable[str]) -> tuple[str, ...]:
    """Set the app's buildpacks, in order; none at all leaves it to app.json, `.buildpacks` or detection again.

    Return what is set now. Raise LocalkuError for a reference that names no buildpack.
    """
    wanted = tuple(references)
    for reference in wanted:
        chain.check(reference)
    context.store.apps.set_buildpacks(app, wanted)
    return wanted


def add(context: Context, app: App, reference: str) -> tuple[str, ...]:
    """Add a buildpack to the end of the list; return the list."""
    return set_on(context, app, (*context.store.apps.buildpacks(app), reference))
