"""Preboot, scheduled commands and chaos on a real engine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from support.localku import Localku, get, wait_for, write_app
from support.tiny import CLEAN, FILES, App

if TYPE_CHECKING:
    from support.second_engine import SecondEngine

SCALE = "10"
CONNECTED = """while :; do psql "$DATABASE_URL" -qAtc 'select pg_sleep(1000)'; echo connects again; sleep 0.5; done"""
CRON = [{"command": "echo swept by $DYNO", "schedule": "* * * * *"}]


@pytest.fixture(scope="module")
def app(lk2: Localku, engine2: SecondEngine, tmp_path_factory: pytest.TempPathFactory) -> App:
    files = {**FILES, "Procfile": f"web: ./serve\nworker: {CONNECTED}\n", "app.json": json.dumps({"cron": CRON})}
    made = App(lk2, engine2, write_app(tmp_path_factory.mktemp("apps") / "alive", files))
    made.ok("build")
    return made


@contextmanager
def running(app: App, *formation: str) -> Iterator[None]:
    app.ok("ps:scale", *formation)
    app.ok("up", "--detach", "--no-build", LOCALKU_CLOCK_SCALE=SCALE)
    try:
        yield
    finally:
        app.ok("down")
    assert app.leftovers() == CLEAN


def log(app: App) -> list[str]:
    return [line.partition(" ")[2] for line in app.ok("logs", "-n", "1500").splitlines()]


def test_a_release_with_preboot_fails_no_request(app: App) -> None:
    app.ok("features:enable", "preboot")
    with app.configured(SLOW_BOOT="1"), running(app, "web=2:standard-1x", "worker=0:standard-1x"):
        (port,) = [row["port"] for row in app.lk.ok("apps", "--json", cwd=app.folder).json if row["name"] == app.name]
        answers: list[object] = []
        over = threading.Event()

        def ask() -> None:
            while not over.is_set():
                answers.append(get(f"http://127.0.0.1:{port}", f"{app.name}.localhost"))

        client = threading.Thread(target=ask)
        client.start()
        old = app.dynos("web.")
        app.ok("config:set", "A=1")
        wait_for(lambda: len(app.dynos("web.")) == 2 and not set(old) & set(app.dynos("web.")))
        over.set()
        client.join()
    app.ok("features:disable", "preboot")
    assert len(answers) > 20
    assert set(answers) == {(200, "ok\n")}


def test_a_scheduled_command_runs_once_a_minute_though_localku_is_killed(app: App) -> None:
    with running(app, "web=1:basic", "worker=0:basic"):
        wait_for(lambda: [line for line in log(app) if "swept by scheduler." in line])
        app.lk.kill()
        app.ok("up", "--detach", "--no-build", LOCALKU_CLOCK_SCALE=SCALE)
        wait_for(lambda: len([line for line in log(app) if "swept by scheduler." in line]) > 2)
    lines = log(app)
    started = [line for line in lines if line.endswith("by user scheduler@addons.heroku.com")]
    swept = [line for line in lines if "swept by scheduler." in line]
    assert 0 <= len(started) - len(swept) <= 1  # the last one may have been stopped with the app
    assert len({line.partition("swept by ")[2] for line in swept}) == len(swept)
    name = swept[0].partition("swept by ")[2]
    assert [line for line in lines if line.startswith(f"heroku[{name}]")][-2:] == [
        f"heroku[{name}]: Process exited with status 0",
        f"heroku[{name}]: State changed from up to complete",
    ]


def test_chaos_does_to_an_app_what_it_says(app: App) -> None:
    app.ok("addons:create", "heroku-postgresql")
    with running(app, "web=1:basic", "worker=1:basic"):
        for kind, told, seen in (
            ("database", "drops 1 connections to the database", "terminating connection due to administrator command"),
            ("kill-worker", "(socat) of web.1", "heroku[web.1]: State changed from crashed to starting"),
            ("restart", "restarts web.1", "heroku[web.1]: Restarting"),
        ):
            app.ok("chaos:on", "--rate", "30/m", "--seed", "42", "--kinds", kind)
            app.wait_logged(told)
            app.wait_logged(seen)
        app.ok("chaos:on", "--rate", "30/m", "--seed", "42", "--kinds", "slow")
        app.wait_logged("2% of a CPU for")
        wait_for(lambda: len(formation(app)) == 2)  # what was restarted has ended
        wait_for(lambda: slowed(app))
        app.ok("chaos:off")
        wait_for(lambda: not slowed(app))
        app.wait_serving()


def formation(app: App) -> list[str]:
    """Its containers without those of scheduled commands, which come and go."""
    return app.dynos("web.") + app.dynos("worker.")


def slowed(app: App) -> list[str]:
    quotas = app.engine.docker("inspect", "--format", "{{.HostConfig.CpuQuota}}", *formation(app))
    return [quota for quota in quotas.split() if int(quota) > 0]
