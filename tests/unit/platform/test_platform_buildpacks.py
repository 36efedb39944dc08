"""The buildpacks of an app as a verb."""

from __future__ import annotations

import pytest

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform import buildpacks
from localku.records import App


def test_they_are_set_added_to_and_left_to_detection_again(context: Context, app: App) -> None:
    assert buildpacks.set_on(context, app, ["heroku/python"]) == ("heroku/python",)
    assert buildpacks.add(context, app, "heroku/nodejs") == ("heroku/python", "heroku/nodejs")
    assert context.store.apps.buildpacks(app) == ("heroku/python", "heroku/nodejs")
    assert buildpacks.set_on(context, app, ()) == ()
    assert context.store.apps.buildpacks(app) == ()


def test_what_is_none_is_refused_and_nothing_is_set(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError) as raised:
        buildpacks.set_on(context, app, ["heroku/python", "https://"])
    assert (raised.value.kind, raised.value.resource) == (Kind.INVALID, "buildpack-installation")
    assert context.store.apps.buildpacks(app) == ()
