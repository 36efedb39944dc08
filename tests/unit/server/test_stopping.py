"""`down` as a verb, where nobody runs the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from verbs_kit import deploy

from localku.context import Context
from localku.platform.dynos import oneoff
from localku.records import App, FormationEntry
from localku.server.apps import stopping
from localku.states import Wanted
from localku.supervisor.loop import Supervisor

if TYPE_CHECKING:
    from fake_engine import FakeEngine


def test_what_a_killed_localku_left_is_cleared(context: Context, app: App) -> None:
    context.store.apps.want(app, Wanted.UP)
    said, lost = list[str](), list[str]()
    after = stopping.down(context, app, said.append, lost.append)
    assert (after.wanted, said, lost) == (Wanted.DOWN, [], [])


def left_by_a_killed_server(context: Context, app: App, engine: FakeEngine, wanted: Wanted) -> None:
    """A dyno of the formation and a detached one, which nobody looks after."""
    release = deploy(context, app)
    slug = context.store.releases.slug(release.slug_id or 0)
    engine.images.tags.add(slug.image)
    context.store.apps.want(app, wanted)
    context.store.apps.scale(app, (FormationEntry("web", 1, "basic"),))
    Supervisor(context, app).tick()
    oneoff.detach(context, app, oneoff.order("run", "work", release, slug))
    assert sorted(one.dyno.partition(".")[0] for one in engine.containers) == ["run", "web"]


@pytest.mark.parametrize(("wanted", "after"), [(Wanted.UP, Wanted.UP), (Wanted.LEASED, Wanted.DOWN)])
def test_what_a_killed_server_left_stops_with_the_server_and_what_is_wanted_stays(
    context: Context, app: App, engine: FakeEngine, wanted: Wanted, after: Wanted
) -> None:
    left_by_a_killed_server(context, app, engine, wanted)
    said = list[str]()
    stopping.stop_left(context, said.append)
    assert list(engine.containers) == []
    assert (context.store.dynos.of(app.id), context.store.oneoffs.of(app)) == ((), ())
    assert context.store.apps.by_id(app.id).wanted is after
    assert said == [f"Stopping {app.name}: SIGTERM to all its processes, SIGKILL after 30 seconds"]


def test_where_nothing_is_left_nothing_is_said(context: Context, app: App) -> None:
    said = list[str]()
    stopping.stop_left(context, said.append)
    assert said == []
