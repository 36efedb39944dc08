"""When an app was last asked for: written by any router, read by the app's supervisor."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fake_engine import START

from localku.router.routing import table
from localku.router.routing.table import StoreRoutes
from localku.store.store import Store

if TYPE_CHECKING:
    import pytest
    from fake_engine import FakeClock

    from localku.context import Context


def test_the_last_request_is_known_to_another_process(context: Context) -> None:
    app = context.store.apps.create("one", None, START)
    context.store.folder(app)
    assert context.store.traffic.last(app.uuid) is None
    for seconds in (1.000001, 7.5):
        context.store.traffic.seen(app.uuid, START + timedelta(seconds=seconds))
        assert Store(context.home).traffic.last(app.uuid) == START + timedelta(seconds=seconds)


def test_an_app_that_is_gone_has_no_traffic_and_gets_no_folder(context: Context) -> None:
    context.store.traffic.seen("gone", START)
    assert context.store.traffic.last("gone") is None
    assert not (context.home / "apps" / "gone").exists()


def test_a_router_notes_a_request_and_not_each_of_many(
    context: Context, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (context.store.apps.create(name, None, clock.now()) for name in ("one", "two"))
    for app in (one, two):
        context.store.folder(app)
    routes = StoreRoutes(context)
    assert routes.find("one.localhost")
    clock.later(60)
    assert routes.find("one.localhost")
    assert routes.find("nobody.localhost") is None
    assert context.store.traffic.last(one.uuid) == START
    assert context.store.traffic.last(two.uuid) is None
    monkeypatch.setattr(table, "NOTED", 0.0)
    assert routes.find("one.localhost")
    assert context.store.traffic.last(one.uuid) == START + timedelta(seconds=60)
