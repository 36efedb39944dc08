import json
from collections.abc import Callable
from typing import Any

import pytest

from localku.context import Context
from localku.dyno import app_features
from localku.platform import new_apps
from localku.records import App
from localku.router.routing.routes import AppState
from localku.router.routing.table import StoreRoutes
from localku.store.store import Store

Command = Callable[..., Any]


@pytest.fixture
def app(context: Context, root: Any) -> App:
    return new_apps.create(context, root, None)


def route(context: Context) -> Any:
    """The route as a router in another process sees it."""
    elsewhere = Context(Store(context.home), context.engine, context.clock, context.make_postgres)
    return StoreRoutes(elsewhere).find("one.localhost")


def test_labs_lists_experimental_and_features_general_ones(localku: Command, app: App) -> None:
    localku("labs:enable", "log-runtime-metrics")
    lines = localku("labs").out.splitlines()
    assert lines[:2] == ["=== App Features one", ""]
    assert "[+] log-runtime-metrics             Emit dyno resource usage information into app logs" in lines
    assert [line[:3] for line in lines[2:]] == ["[ ]", "[ ]", "[+]", "[ ]", "[ ]"]
    assert localku("features").out.splitlines()[2:] == [
        "[ ] http-session-affinity  Enable session affinity for all requests",
        "[ ] preboot                Provide seamless web dyno deploys",
    ]
    assert [one["enabled"] for one in json.loads(localku("features", "--json").out)] == [False, False]


def test_enabling_makes_no_release_and_is_undone(localku: Command, context: Context, app: App) -> None:
    done = localku("features:enable", "preboot")
    assert done.err.splitlines()[0] == "Enabling preboot for one... done"
    assert app_features.enabled(context, app, "preboot")
    assert app_features.since(context, app, "preboot") == context.clock.now()
    assert "Enabled:     true" in localku("features:info", "preboot").out
    again = localku("features:enable", "preboot")
    assert (again.status, again.err) == (1, " !     preboot is already enabled.\n")
    assert localku("labs:enable", "preboot").status == 0
    assert localku("labs:disable", "preboot").status == 0
    assert not app_features.enabled(context, app, "preboot")
    assert len(context.store.releases.all(app)) == 2


def test_what_changes_nothing_here_is_refused_with_what_exists(localku: Command, app: App) -> None:
    done = localku("labs:enable", "spaces-dns-discovery")
    assert done.status == 1
    assert done.err.startswith(" !     Couldn't find that feature: spaces-dns-discovery.\n")
    assert "preboot" in done.err


@pytest.mark.parametrize(
    ("feature", "field"),
    [
        ("http-disable-keepalive-to-dyno", "keep_alive"),
        ("http-end-to-end-continue", "end_to_end_continue"),
        ("http-session-affinity", "session_affinity"),
    ],
)
def test_the_router_sees_the_features_that_are_its_own(
    localku: Command, context: Context, app: App, feature: str, field: str
) -> None:
    before = getattr(route(context), field)
    localku("labs:enable", feature)
    assert getattr(route(context), field) is not before


def test_maintenance_mode(localku: Command, context: Context, app: App) -> None:
    assert localku("maintenance").out == "off\n"
    assert localku("maintenance:on").err == "Enabling maintenance mode for one... done\n"
    assert localku("maintenance").out == "on\n"
    assert route(context).state is AppState.MAINTENANCE
    assert localku("maintenance:off").err == "Disabling maintenance mode for one... done\n"
    assert json.loads(localku("maintenance", "--json").out) == {"maintenance": False}
    assert route(context).state is AppState.BLANK
