"""The buildpacks set on an app: they take effect with the next build."""

from __future__ import annotations

from collections.abc import Iterable

from localku.context import Context
from localku.errors import Kind, LocalkuError
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


def add(context: Context, app: App, reference: str, index: int | None = None) -> tuple[str, ...]:
    """Add a buildpack to the end of the list, or as number `index` of it, from 1; return the list."""
    with context.store.db.transaction():
        listed = list(context.store.apps.buildpacks(app))
        _refuse_twice(app, listed, reference)
        listed.insert(len(listed) if index is None else index - 1, reference)
        return set_on(context, app, listed)


def put(context: Context, app: App, reference: str, index: int) -> tuple[str, ...]:
    """Set number `index` of the list, from 1; behind its end the buildpack is added. Return the list."""
    with context.store.db.transaction():
        listed = list(context.store.apps.buildpacks(app))
        kept = [*listed[: index - 1], *listed[index:]]
        _refuse_twice(app, kept, reference)
        return set_on(context, app, [*listed[: index - 1], reference, *listed[index:]])


def remove(context: Context, app: App, which: str | int) -> tuple[str, ...]:
    """Take a buildpack, or number `which` of the list, away; return the list."""
    with context.store.db.transaction():
        listed = list(context.store.apps.buildpacks(app))
        if not listed:
            raise _refused("No buildpacks were found. Next release on {app} will detect buildpacks normally.", app)
        if isinstance(which, int) and which > len(listed):
            only = "Only value is 1." if len(listed) == 1 else f"Please choose a value between 1 and {len(listed)}"
            raise _refused(f"Invalid index. {only}", app)
        if isinstance(which, str) and which not in listed:
            raise _refused("Buildpack not found. Nothing was removed.", app)
        del listed[which - 1 if isinstance(which, int) else listed.index(which)]
        return set_on(context, app, listed)


def _refuse_twice(app: App, listed: list[str], reference: str) -> None:
    if reference in listed:
        raise _refused(f"The buildpack {reference} is already set on your app.", app)


def _refused(message: str, app: App) -> LocalkuError:
    """In the words of Heroku's CLI (`packages/cli/src/lib/buildpacks/buildpacks.ts` of github.com/heroku/cli)."""
    return LocalkuError(message.format(app=app.name), kind=Kind.INVALID, resource="buildpack")
