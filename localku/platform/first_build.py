"""A folder that turns out to be no app: what was made for it goes again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from localku.context import Context
from localku.errors import LocalkuError
from localku.platform import destroy
from localku.platform.setup import ConfigWanted
from localku.slugs.builder import BuildFailed, Undetected
from localku.store.records import App

RELEASES_OF_A_NEW_APP = 2
"""Initial release, Enable Logplex."""


@contextmanager
def undone(context: Context, app: App) -> Iterator[None]:
    """Remove an app that has nothing of its own yet when the block fails.

    One whose build began stays: a config var may be what it lacks, and its caches are worth keeping.
    """
    try:
        yield
    except LocalkuError as error:
        began = isinstance(error, BuildFailed | ConfigWanted) and not isinstance(error, Undetected)
        if not began and _is_bare(context, app):
            with suppress(LocalkuError):
                destroy.destroy(context, app)
        raise


def _is_bare(context: Context, app: App) -> bool:
    store = context.store
    return len(store.releases.all(app)) == RELEASES_OF_A_NEW_APP and not (
        store.apps.config(app)
        or store.apps.buildpacks(app)
        or store.apps.formation(app)
        or store.addons.of(app)
        or store.domains.of(app)
        or store.features.of(app)
        or app.stack
    )
