"""A ledger of numbered lines: each arrives once and in order, in the log, with `logs --tail` and at a drain."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import engine_view
from support.localku import Localku, wait_for
from support.noisy import Noisy, numbers
from support.receivers import HttpReceiver

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def app(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noisy]:
    made = Noisy.made(lk, tmp_path_factory.mktemp("apps") / "noisy")
    made.up()
    yield made
    lk.run("down", cwd=made.folder)


@contextmanager
def tailing(app: Noisy, output: Path) -> Iterator[Callable[[], list[bytes]]]:
    """`logs --tail` into a file; what it has shown so far."""
    with output.open("wb") as file:
        command = [sys.executable, "-m", "localku", "logs", "--tail", "--num", "0"]
        process = subprocess.Popen(command, cwd=app.folder, env=app.lk.environ(), stdout=file)
        try:
            wait_for(lambda: (app.ask("0/0/0/0/1"), output.stat().st_size)[1])
            yield lambda: output.read_bytes().splitlines()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def test_400_000_lines_in_a_burst_and_what_comes_after_them(app: Noisy, tmp_path: Path) -> None:
    with tailing(app, tmp_path / "tail") as shown:
        app.prints(400_000)
        app.wait_written()
        app.prints(1)
        app.wait_written(30)
        wait_for(lambda: shown()[-1:] and b"N00400000" in (tmp_path / "tail").read_bytes()[-1000:], 240)
        assert numbers(shown()) == list(range(app.printed))
    assert not app.said("L10")


def test_a_drain_gets_a_flow_and_a_line_of_10_mb(app: Noisy) -> None:
    with HttpReceiver() as receiver:
        app.lk.ok("drains:add", receiver.url(), cwd=app.folder)
        first = app.printed
        app.prints(40_000, rate=20_000)
        app.wait_written()
        app.ask("0/0/0/0/10000000")
        wait_for(lambda: sum(post.body.count(b"y" * 10_000) for post in receiver.posts) == 1_000, 120)
        app.prints(1)
        app.wait_written(30)
        last = f"N{app.printed - 1:08}".encode()
        wait_for(lambda: any(last in post.body for post in receiver.posts), 60)
        lines = [line.encode() for line in receiver.lines]
        app.lk.ok("drains:remove", receiver.url(), cwd=app.folder)
    assert numbers(lines) == list(range(first, app.printed))
    assert sum(len(row) > 9_000 for row in app.rows()) == 1_000
    assert not app.said("L10")


def test_kill_9_in_the_midst_of_a_flow_doubles_and_loses_nothing(app: Noisy) -> None:
    first = app.printed
    for _ in range(3):
        seen = app.printed
        app.prints(30_000, rate=10_000)
        wait_for(lambda seen=seen: app.newest() > seen + 500)  # type: ignore[misc]
        app.lk.kill()
        app.up()
        app.wait_written()
    assert [number for number in numbers(app.rows()) if number >= first] == list(range(first, app.printed))
    assert not app.said("L10")


def test_what_the_engine_rotated_away_unread_is_named_and_the_log_goes_on(app: Noisy, tmp_path: Path) -> None:
    first, supervisor = app.printed, app.supervisor()
    with tailing(app, tmp_path / "tail") as shown:
        app.prints(30_000, width=8_000, wait=2)  # 240 MB, of which the engine keeps at most 150
        os.kill(supervisor, signal.SIGSTOP)
        try:
            wait_for(lambda: f"N{app.printed - 1:08}" in app.last_printed(), 240)
        finally:
            os.kill(supervisor, signal.SIGCONT)
        app.wait_written()
        app.prints(1)
        app.wait_written(30)
        last = f"N{app.printed - 1:08}".encode()
        wait_for(lambda: last in (tmp_path / "tail").read_bytes()[-1000:], 240)
        said = [row.decode() for row in shown() if b"L10" in row]
        found = [number for number in numbers(shown()) if number >= first]
    assert len(said) == 1
    assert re.search(
        r"heroku\[logplex\]: Error L10 \(output buffer overflow\): messages dropped since \S+, until \S+, ", said[0]
    )
    assert found == sorted(set(found))
    assert 1_000 < len(found) < 25_000
    held = sum(file.stat().st_size for file in (engine_view.folder(app.lk.home, app.folder.name) / "log").iterdir())
    assert held < 70_000_000
