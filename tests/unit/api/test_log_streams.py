"""Log sessions, as Heroku's CLI and as other clients read them."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx2
import pytest

from localku.context import Context
from localku.records import App

if TYPE_CHECKING:
    from api_client import Api
    from api_served import Served

EVENTS = {"Accept": "text/event-stream"}


def link(api: Api, app: App, **wish: object) -> str:
    made = api.post(f"/apps/{app.name}/log-sessions", wish, "log-session")
    return str(made["logplex_url"]).removeprefix("http://127.0.0.1:5080")


def messages(text: str) -> list[str]:
    return [line.split(": ", 2)[-1] for line in text.splitlines() if line.startswith("data: ") or " " in line]


def write(context: Context, app: App, *said: str, proc: str = "web.1", source: str = "app") -> None:
    for one in said:
        context.log(app).write(source, proc, one)


def test_other_clients_get_plain_lines(api: Api, context: Context, app: App) -> None:
    write(context, app, "one", "two")
    reply = api.client.get(link(api, app, lines=2), headers={"Accept": "*/*"})
    assert reply.headers["content-type"].startswith("text/plain")
    assert [line.split("]: ")[1] for line in reply.text.splitlines()] == ["one", "two"]


def test_the_cli_gets_events_that_begin_with_when_to_come_again(api: Api, context: Context, app: App) -> None:
    write(context, app, "one", "  two")
    reply = api.client.get(link(api, app, lines=2), headers=EVENTS)
    first, *events = reply.text.split("\n\n")
    assert first == "retry: 1"
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert [one.split("data: ")[1].split("]: ")[1] for one in events if one] == ["one", "  two"]


def test_lines_are_filtered_and_counted_after_that(api: Api, context: Context, app: App) -> None:
    write(context, app, "w1", "w2", "w3")
    write(context, app, "k1", proc="worker.1")
    write(context, app, "r1", proc="router", source="heroku")
    for wish, wanted in (
        ({"dyno": "web", "lines": 2}, ["w2", "w3"]),
        ({"dyno": "worker.1"}, ["k1"]),
        ({"source": "heroku", "dyno": "router"}, ["r1"]),
        ({"lines": 0}, []),
    ):
        text = api.client.get(link(api, app, **wish)).text
        assert [line.split("]: ")[1] for line in text.splitlines()] == wanted


def test_who_comes_again_goes_on_behind_the_last_line(api: Api, context: Context, app: App) -> None:
    write(context, app, "one", "two", "three")
    path = link(api, app, lines=3)
    events = api.client.get(path, headers=EVENTS).text.split("\n\n")
    place = events[1].split("id: ")[1].split("\n")[0]
    write(context, app, "four")
    again = api.client.get(path, headers={**EVENTS, "Last-Event-ID": place}).text
    assert [one.split("]: ")[1] for one in again.split("\n\n") if "data: " in one] == ["two", "three", "four"]


@pytest.mark.parametrize("place", ["", "x", "1-2", "9" * 400, "-1--1--1", "99999999-0-99999999"])
def test_a_place_that_is_none_is_the_beginning_or_the_end(api: Api, context: Context, app: App, place: str) -> None:
    write(context, app, "one")
    reply = api.client.get(link(api, app), headers={**EVENTS, "Last-Event-ID": place})
    assert reply.status_code == 200


def test_a_link_is_for_its_app_and_for_a_day(api: Api, context: Context, app: App) -> None:
    path = link(api, app)
    assert api.client.get(path[:-1] + ("0" if path[-1] != "0" else "1")).status_code == 404
    assert api.client.get("/log-sessions/x.y").status_code == 404
    assert api.client.get(path, headers={"Host": "evil.example"}).status_code == 403
    context.clock.sleep(timedelta(hours=25).total_seconds())
    assert api.client.get(path).status_code == 404


@pytest.mark.parametrize("wish", [{"lines": "many"}, {"lines": -1}, {"lines": True}, {"tail": "yes"}, {"dyno": 1}])
def test_what_cannot_be_wished_for(api: Api, app: App, wish: dict[str, object]) -> None:
    assert api.refused("POST", f"/apps/{app.name}/log-sessions", wish)[:2] == (422, "invalid_params")


def test_a_tail_goes_on_and_ends_with_its_client(served: Served, context: Context, app: App) -> None:
    made = httpx2.post(
        f"{served.url}/apps/{app.name}/log-sessions", json={"lines": 0, "tail": True}, headers=served.headers
    ).json()
    with httpx2.stream("GET", made["logplex_url"], headers=EVENTS, timeout=20) as reply:
        lines = reply.iter_lines()
        assert next(lines) == "retry: 1000"
        assert "transfer-encoding" not in reply.headers, "who is cut off takes it for the end, and comes again"
        assert reply.headers["connection"] == "close"
        threading.Timer(0.3, write, (context, app, "late")).start()
        assert next(line for line in lines if line.startswith("data: ")).endswith("]: late")
        assert served.server.is_busy
    until = time.monotonic() + 20
    while served.server.is_busy and time.monotonic() < until:
        write(context, app, "nobody listens")
        time.sleep(0.05)
    assert not served.server.is_busy
