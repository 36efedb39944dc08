"""The app all other tests here stand on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import World


def test_a_web_dyno_answers_through_the_router(world: World) -> None:
    with world.running(WEB="gunicorn echo:app") as app:
        status, headers, body = app.request("/hello?a=1")
        assert status == 200
        assert headers["server"] == "Heroku"
        told = json.loads(body)
        assert (told["dyno"], told["path"], told["query"]) == ("web.1", "/hello", "a=1")
        assert app.router_line("/hello?a=1")["status"] == "200"
        assert app.in_dyno("pwd").strip() == "/app"
        assert "heroku[web.1]: State changed from starting to up" in app.new_lines("web.1")
