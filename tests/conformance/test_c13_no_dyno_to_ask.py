"""C13: web=0 is H14, an app without a release H81, maintenance mode H80, an unknown host 404."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from support.localku import wait_for

if TYPE_CHECKING:
    from world import Running, World


@pytest.fixture(scope="module")
def app(world: World) -> Iterator[Running]:
    with world.running(WEB="gunicorn echo:app") as running:
        yield running


def line_of(app: Running, path: str) -> str:
    """The router's line about a request, from `at=` to `method=`."""
    return app.wait_logged(f'path="{path}"').removeprefix("heroku[router]: ").partition(" method=")[0]


def test_maintenance_mode_is_h80_and_dynos_keep_running(world: World, app: Running) -> None:
    started = app.in_dyno("stat -c %Y /proc/1")
    world.ok("maintenance:on")
    try:
        status, _, page = app.request("/closed")
        assert status == 503
        assert b"Offline for maintenance" in page
        assert line_of(app, "/closed") == 'at=info code=H80 desc="Maintenance mode"'
        assert world.ok("run", "echo one-offs run").strip() == "one-offs run"
    finally:
        world.ok("maintenance:off")
    assert app.request("/open")[0] == 200
    assert app.in_dyno("stat -c %Y /proc/1") == started
    assert app.states()["web.1"] == "up"


def test_an_app_without_a_release_is_h81_and_an_unknown_host_nobodys(world: World, app: Running) -> None:
    blank = world.folder.parent / "blank"
    blank.mkdir()
    world.lk.ok("buildpacks:set", "heroku/python", cwd=blank)
    status, _, page = app.request("/nothing", host="blank.localhost")
    assert status == 502
    assert b"There&#x27;s nothing here, yet." in page
    told = 'at=info code=H81 desc="Blank app" method=GET path="/nothing"'
    wait_for(lambda: told in world.lk.ok("logs", "--ps", "router", cwd=blank).out, world.patience)

    status, _, page = app.request("/lost", host="nowhere.example.com")
    assert status == 404
    assert b"<title>No such app</title>" in page
    app.request("/found")
    app.wait_logged('path="/found"')
    assert not [line for line in app.new_lines() if "/lost" in line or "/nothing" in line]


def test_web_scaled_to_zero_is_h14(world: World, app: Running) -> None:
    world.ok("ps:scale", "web=0")
    try:
        status, _, page = app.request("/nobody")
        assert status == 503
        assert b"Application error" in page
        assert line_of(app, "/nobody") == 'at=error code=H14 desc="No web processes running"'
        fields = app.router_line("/nobody")
        assert (fields["dyno"], fields["connect"], fields["service"], fields["bytes"]) == ("", "", "", "")
    finally:
        world.ok("ps:scale", "web=1")
    assert app.request("/again")[0] == 200
