"""`localku server:status` and its kin, as people and programs read them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from localku.cli import server_table
from localku.context import Context
from localku.control import starting
from localku.control.messages import AppStatus, ProcessStatus, Status
from localku.control.server_program import log_file
from localku.records import App
from localku.server import status_report
from localku.states import Wanted

Command = Callable[..., Any]
MB = 1 << 20


@pytest.fixture
def status(context: Context) -> Status:
    return Status(
        home="/home/me/localku",
        since=(context.clock.now() - timedelta(minutes=5)).isoformat(),
        by_name=False,
        is_busy=True,
        processes=(
            ProcessStatus("parent", 4711, 24 * MB),
            ProcessStatus("control", 4712, 31 * MB, 1),
            ProcessStatus("logs", None, None, 2, is_down=True),
        ),
        apps=(AppStatus("one", "0d9f", Wanted.UP, runs=True, port=5000, dynos=1, shall=2),),
        environment={"TZ": "UTC", "http_proxy": "http://me:secret@proxy"},
        versions={"localku": "0.1.0"},
    )


def test_status_has_processes_apps_environment_and_versions(context: Context, status: Status) -> None:
    text = "\n".join(server_table.lines(status, context.clock.now()))
    for line in (
        "=== Server of /home/me/localku",
        "Stays:  until 30 seconds after nothing needs it",
        "control  4712  31 MB   1",
        "logs     down          2, died three times in a minute",
        "all            55 MB",
        "one  up      runs  1/2    5000",
        "TZ: UTC",
        "localku: 0.1.0",
    ):
        assert line in text.splitlines()
    assert "(~ 5m ago)" in text
    assert "secret" not in text


def test_json_has_the_same(localku: Command, status: Status, monkeypatch: pytest.MonkeyPatch, context: Context) -> None:
    monkeypatch.setattr(status_report, "asked", lambda _: status)
    assert json.loads(localku("server:status", "--json").out) == json.loads(json.dumps(dataclasses.asdict(status)))


def test_where_no_server_runs_status_says_what_is_wanted(localku: Command, context: Context, app: App) -> None:
    context.store.apps.want(app, Wanted.UP)
    found = localku("server:status")
    assert found.status == 0
    assert "It does not run; the first command that needs it starts it." in found.out
    assert f"{app.name}  up      does not run  0/0" in found.out


def test_stop_asks_where_apps_are_wanted_up(
    localku: Command, context: Context, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    context.store.apps.want(app, Wanted.UP)
    monkeypatch.setattr(starting, "stopped", lambda *_: True)
    refused = localku("server:stop")
    assert (refused.status, refused.out) == (1, "")
    assert f"1 app is wanted up: {app.name}." in refused.err
    assert "To proceed: --confirm" in refused.err
    assert localku("server:stop", "--confirm").out == "The server has stopped.\n"


def test_stop_asks_nothing_where_none_is_and_says_where_there_was_no_server(localku: Command) -> None:
    assert localku("server:stop").out == "No server runs.\n"


def test_logs_are_the_last_lines(localku: Command, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALKU_HOME", str(context.home))
    log_file(context.home).parent.mkdir()
    log_file(context.home).write_text("one\ntwo\nthree\n")
    assert localku("server:logs", "-n", "2").out == "two\nthree\n"
