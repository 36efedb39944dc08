"""One-off dynos that outlive their client, their runner, or their time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import engine_view
from support.localku import Localku, wait_for, write_app
from support.tiny import FILES

HURRY = "300"
"""An hour in twelve seconds."""

WAITING = "echo one; until [ -e /tmp/go ]; do sleep 0.1; done; echo two"
DEAF = "trap '' HUP; echo deaf; while :; do sleep 0.1; done"


@pytest.fixture(scope="module")
def folder(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_app(tmp_path_factory.mktemp("apps") / "oneoff", FILES)
    lk.ok("build", cwd=made)
    return made


@pytest.fixture
def named(lk: Localku, folder: Path) -> Iterator[Any]:
    """Wait for the one dyno that runs; its name. It is stopped in the end, whatever the test did to it."""

    def name(state: str = "up") -> str:
        def found() -> str | None:
            rows = lk.ok("ps", "--json", cwd=folder).json
            return next((row["name"] for row in rows if row["state"] == state), None)

        return str(wait_for(found))

    yield name
    lk.run("ps:stop", "run", cwd=folder)
    wait_for(lambda: lk.ok("ps", "--json", cwd=folder).json == [])


def logged(lk: Localku, folder: Path, dyno: str) -> list[str]:
    text = lk.ok("logs", "-n", "300", "--dyno", dyno, cwd=folder).out
    return [line.partition(" ")[2] for line in text.splitlines()]


def runner(lk: Localku, dyno: str) -> int | None:
    lock = engine_view.folder(lk.home, "oneoff") / f"{dyno}.lock"
    text = lock.read_text() if lock.exists() else ""
    return int(text) if text.isdigit() else None


def in_dyno(lk: Localku, dyno: str, *command: str) -> None:
    (container,) = engine_view.containers(lk.home, f"dyno={dyno}", running=True)
    subprocess.run(["docker", "exec", container, *command], check=True)


def test_a_detached_dyno_outlives_its_client_and_a_killed_runner(lk: Localku, folder: Path, named: Any) -> None:
    told = lk.ok("run:detached", WAITING, cwd=folder)
    dyno = named()
    assert told.err == f"Running {WAITING} on oneoff... done, {dyno}\n"
    assert told.out == f"Run `localku logs --app oneoff --dyno {dyno}` to view the output.\n"
    wait_for(lambda: f"app[{dyno}]: one" in logged(lk, folder, dyno))
    first = wait_for(lambda: runner(lk, dyno))
    os.kill(first, signal.SIGKILL)
    assert f"{dyno} (Basic): up" in lk.ok("ps", cwd=folder).out
    wait_for(lambda: runner(lk, dyno) not in {None, first})
    in_dyno(lk, dyno, "touch", "/tmp/go")
    wait_for(lambda: lk.ok("ps", "--json", cwd=folder).json == [])
    assert logged(lk, folder, dyno) == [
        f"heroku[{dyno}]: Starting process with command `{WAITING}`",
        f"heroku[{dyno}]: State changed from starting to up",
        f"app[{dyno}]: one",
        f"app[{dyno}]: two",
        f"heroku[{dyno}]: Process exited with status 0",
        f"heroku[{dyno}]: State changed from up to complete",
    ]


def test_stopping_ends_it_and_restarting_does_not(lk: Localku, folder: Path, named: Any) -> None:
    lk.ok("run:detached", "sleep 300", cwd=folder)
    dyno = named()
    lk.ok("ps:restart", cwd=folder)
    assert named() == dyno
    lk.ok("ps:stop", dyno, cwd=folder)
    wait_for(lambda: lk.ok("ps", "--json", cwd=folder).json == [])
    assert logged(lk, folder, dyno)[-3:] == [
        f"heroku[{dyno}]: Stopping all processes with SIGTERM",
        f"heroku[{dyno}]: Process exited with status 143",
        f"heroku[{dyno}]: State changed from up to complete",
    ]


def test_tailing_shows_what_it_prints_and_nothing_else(lk: Localku, folder: Path) -> None:
    assert lk.ok("run:detached", "--tail", "echo one; sleep 0.2; echo two", cwd=folder).out == "one\ntwo\n"


@pytest.mark.parametrize("idle", [True, False], ids=["idle", "hung up"])
def test_a_dyno_whose_client_is_gone_is_hung_up(lk: Localku, folder: Path, named: Any, idle: bool) -> None:
    client = patient(lk, folder, "sleep 3000")
    dyno = named()
    if not idle:
        client.send_signal(signal.SIGHUP)
    assert client.wait(timeout=120) == 129
    said = logged(lk, folder, dyno)
    hangups = [line for line in said if "Client connection closed" in line]
    assert set(hangups) == {f"heroku[{dyno}]: Client connection closed. Sending SIGHUP to all processes"}
    assert said[-2:] == [
        f"heroku[{dyno}]: Process exited with status 129",
        f"heroku[{dyno}]: State changed from up to complete",
    ]


def test_one_that_does_not_mind_runs_on_as_detached(lk: Localku, folder: Path, named: Any) -> None:
    client = patient(lk, folder, DEAF)
    dyno = named()
    client.send_signal(signal.SIGHUP)
    assert client.wait(timeout=120) == 129
    (row,) = json.loads(lk.ok("ps", "--json", cwd=folder).out)
    assert (row["name"], row["detached"]) == (dyno, True)
    said = logged(lk, folder, dyno)
    assert said.count(f"heroku[{dyno}]: Client connection closed. Sending SIGHUP to all processes") == 3
    assert any("Error R16 (Detached) -> An attached process is not responding to SIGHUP" in line for line in said)


def patient(lk: Localku, folder: Path, command: str) -> subprocess.Popen[bytes]:
    """A client whose input is open and silent."""
    import sys

    return subprocess.Popen(
        [sys.executable, "-m", "localku", "run", command],
        cwd=folder,
        env=lk.environ(LOCALKU_CLOCK_SCALE=HURRY),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
