"""localku itself never writes the value of a config var into the log, whatever happens to the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localku.errors import LocalkuError
from localku.platform import drains
from localku.platform.dynos import oneoff
from localku.platform.releasing import config
from localku.platform.releasing.release_errors import ReleaseFailed

if TYPE_CHECKING:
    from fake_engine import FakeContainer, FakeEngine
    from supervisor_kit import Stage

SECRET = "s3cr3t-of-the-app"


def one_offs_exit(status: int) -> object:
    def started(container: FakeContainer) -> None:
        container.status = "running"
        if container.dyno.startswith(("run.", "release.")):
            container.exit(status)

    return started


def test_config_values_are_not_logged(stage: Stage, engine: FakeEngine) -> None:
    context, app = stage.context, stage.app
    engine.on_start = one_offs_exit(0)  # type: ignore[assignment]
    stage.deploy({"web": 'serve --key "$TOKEN"', "worker": "work $TOKEN", "release": "migrate $TOKEN"})
    config.change(context, app, {"TOKEN": SECRET, "DATABASE_URL": f"postgres://u:{SECRET}@h/d"})
    stage.scale(web=1, worker=1)
    stage.up().exit(1)
    stage.rounds()
    release, slug = context.store.releases.current(app), context.store.releases.current_slug(app)
    assert release is not None
    assert slug is not None
    oneoff.run_logged(context, app, oneoff.order("run", "echo $TOKEN", release, slug), lambda _: None)
    drains.add(context, app, f"https://u:{SECRET}@h")
    for url in (f"ftp://u:{SECRET}@h", f"https://u:{SECRET}@h"):
        with pytest.raises(LocalkuError):
            drains.add(context, app, url)
    engine.on_start = one_offs_exit(1)  # type: ignore[assignment]
    with pytest.raises(ReleaseFailed):
        config.change(context, app, {"OTHER": SECRET})
    stage.rounds()
    told = "\n".join(stage.lines())
    for seen in ("Set TOKEN, DATABASE_URL config vars", "State changed from up to crashed", "`echo $TOKEN`", "migrate"):
        assert seen in told
    assert SECRET not in told
