"""`logs` and `drains` as they are typed, and what localku never writes into a log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localku.context import Context
from localku.logs.progress import Progress
from localku.platform import new_apps
from localku.records import App

Command = Callable[..., Any]


@pytest.fixture
def app(context: Context, root: Path) -> App:
    return new_apps.create(context, root, None)


@pytest.fixture
def talkative(context: Context, app: App) -> App:
    log = context.log(app)
    for source, proc in (("app", "web.1"), ("app", "web.2"), ("app", "worker.1"), ("heroku", "router")):
        log.write(source, proc, f"from {proc}")
    log.write("heroku", "web.1", "State changed from starting to up")
    return app


@pytest.mark.parametrize(
    ("options", "procs"),
    [
        (("--ps", "web"), ["web.1", "web.2", "web.1"]),
        (("-p", "web", "-s", "app"), ["web.1", "web.2"]),
        (("--process-type", "router"), ["router"]),
        (("-d", "web.1", "--source", "heroku"), ["web.1"]),
        (("--dyno", "web.2"), ["web.2"]),
        (("--dyno-name", "worker.1"), ["worker.1"]),
        (("-n", "2"), ["router", "web.1"]),
        (("--num", "1", "--ps", "web"), ["web.1"]),
        (("--ps", "clock"), []),
    ],
)
def test_logs_filter(localku: Command, talkative: App, options: tuple[str, ...], procs: list[str]) -> None:
    shown = [
        re.fullmatch(r"2024\S+\+00:00 \w+\[([\w.]+)\]: .+", line) for line in localku("logs", *options).out.split("\n")
    ]
    assert [match[1] for match in shown if match] == procs


def test_a_pipe_gets_no_colours(localku: Command, talkative: App, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = "2024-06-05T11:12:35.000000+00:00 heroku[router]: from router\n"
    assert localku("logs", "-p", "router").out == plain
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in localku("logs", "-p", "router").out
    assert localku("logs", "-p", "router", "--no-color").out == plain


def test_logs_as_json(localku: Command, talkative: App) -> None:
    assert json.loads(localku("logs", "-p", "router", "--json").out) == {
        "time": "2024-06-05T11:12:35.000000+00:00",
        "source": "heroku",
        "proc": "router",
        "message": "from router",
    }


def test_dyno_and_type_exclude_each_other(localku: Command, talkative: App) -> None:
    done = localku("logs", "-d", "web.1", "-p", "web")
    assert (done.status, done.err) == (
        2,
        " !     --dyno-name and --process-type are mutually exclusive.\n !     Usage: localku logs [OPTIONS]\n",
    )


def test_drains_are_added_listed_and_removed(localku: Command, context: Context, app: App) -> None:
    assert localku("drains").err == "No drains on one.\n"
    assert json.loads(localku("drains", "--json").out) == []
    done = localku("drains:add", "https://u:p@logs.example.com/x")
    assert done.out == "Successfully added drain https://u:p@logs.example.com/x\n"
    assert done.err == "The log is sent while one runs: localku up\n"
    localku("drains:add", "syslog://logs.example.com:514")
    localku("drains:add", "syslog+tls://logs.example.com:6514")
    first, second, third = json.loads(localku("drains", "--json").out)
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
    assert re.fullmatch(uuid, first["id"])
    assert re.fullmatch(rf"d\.{uuid}", first["token"])
    assert first.keys() == {"addon", "app", "created_at", "id", "token", "updated_at", "url"}
    listed = "".join(f"{one['url']} ({one['token']})\n" for one in (first, second, third))
    assert localku("drains").out == f"=== Drains\n\n{listed}"
    assert Progress(context.store.folder(app) / "drains", first["id"]).load() == context.log(app).end()
    for name in (first["url"], second["token"], third["id"]):
        assert localku("drains:remove", name).out.startswith("Successfully removed drain ")
    assert context.store.drains.of(app) == ()
    assert list((context.store.folder(app) / "drains").iterdir()) == []


def test_drains_that_are_refused(localku: Command, context: Context, app: App) -> None:
    for number in range(4):
        localku("drains:add", f"https://logs.example.com/{number}")
    done = localku("drains:add", "https://logs.example.com/0")
    assert (done.status, done.err.splitlines()[0]) == (1, " !     one already has a drain with this URL.")
    done = localku("drains:add", "logs.example.com")
    assert (done.status, done.err.splitlines()[0]) == (1, " !     The drain's URL is invalid.")
    localku("drains:add", "https://logs.example.com/4")
    done = localku("drains:add", "https://logs.example.com/5")
    assert (done.status, done.err.splitlines()[0]) == (
        1,
        " !     one already has 5 drains, the most that Heroku allows.",
    )
    done = localku("drains:remove", "https://logs.example.com/5")
    assert (done.status, done.err.splitlines()[0]) == (1, " !     Couldn't find that drain on one.")
    assert len(context.store.drains.of(app)) == 5
