"""What the doctor gathers of an app in states that few apps are ever in."""

from __future__ import annotations

from localku.context import Context
from localku.platform import diagnosis


def test_an_app_without_a_release_is_looked_at(context: Context) -> None:
    app = context.store.apps.create("new", None, context.clock.now())
    assert not context.store.releases.all(app)
    found = diagnosis.gather(context, app, live=False)
    assert (dict(found.types), found.failed_release, found.has_slug) == ({}, "", False)
    assert diagnosis.gather_build(context, app).failed_release == ""
