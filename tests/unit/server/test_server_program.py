"""The server as commands start it: one for a state folder, from wherever, and however the last one ended."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from server_kit import LOCALKU, is_alive, lent, said, until

import localku
from localku.context import Context
from localku.control import digest, ending, family_record, server_client, server_program, starting
from localku.control.messages import ProcessStatus
from localku.errors import Kind, LocalkuError
from localku.opening import open_context
from localku.states import Wanted
from localku.store.database import Database
from localku.store.schema import MIGRATIONS


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    yield from lent(tmp_path / "home", monkeypatch)


def processes(home: Path) -> dict[str, ProcessStatus]:
    return {one.name: one for one in family_record.read(home)}


def parents(home: Path) -> set[int]:
    """All processes that are the parent of a server of this state folder."""
    found = set()
    for folder in Path("/proc").iterdir():
        try:
            command = (folder / "cmdline").read_bytes()
            environment = (folder / "environ").read_bytes()
            comm = (folder / "comm").read_text()
        except (OSError, ValueError):
            continue
        ours = f"LOCALKU_HOME={home}\0".encode() in environment
        if ours and server_program.PROGRAM.encode() in command and not comm.startswith("localku-"):
            found.add(int(folder.name))
    return found


def test_commands_that_start_it_at_once_start_one(home: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        told = set(pool.map(lambda _: said("server", "--detach"), range(4)))
    (pid,) = parents(home)
    assert told == {f"The server runs (process {pid}).\n"}


def test_the_pipe_that_it_is_started_through_closes(home: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m localku server --detach | cat"], capture_output=True, timeout=60, check=True
    )
    assert done.stdout.startswith(b"The server runs")
    assert done.stderr == b""


def test_cron_finds_it_and_a_terminal_that_closes_takes_it_not_away(home: Path) -> None:
    leader, follower = pty.openpty()
    at_terminal = subprocess.Popen(
        [*LOCALKU, "server", "--detach"], stdin=follower, stdout=follower, stderr=follower, start_new_session=True
    )
    os.close(follower)
    assert at_terminal.wait(60) == 0
    os.close(leader)
    (pid,) = parents(home)
    assert len(list(Path(f"/proc/{pid}/task").iterdir())) == 1
    bare = {name: os.environ[name] for name in ("LOCALKU_HOME", "PATH", "PYTHONPATH") if name in os.environ}
    done = subprocess.run([*LOCALKU, "server", "--detach"], env=bare, capture_output=True, text=True, check=True)
    assert done.stdout == f"The server runs (process {pid}).\n"
    assert "DOCKER_HOST is not set here and 'unix:///nowhere/docker.sock' in the server; `localku" in done.stderr


def test_it_holds_on_to_nothing_of_its_starter(home: Path, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    script = f"cd {tmp_path / 'gone'}; rmdir {tmp_path / 'gone'}; exec 7</etc/passwd; umask 0; exec {' '.join(LOCALKU)}"
    subprocess.run(["sh", "-c", f"{script} server --detach"], timeout=60, check=True)
    (pid,) = parents(home)
    facts = Path(f"/proc/{pid}")
    assert (facts / "cwd").readlink() == Path("/")
    assert (facts / "fd" / "0").readlink() == Path("/dev/null")
    assert (facts / "fd" / "1").readlink() == home / "server" / "server.log"
    assert "/etc/passwd" not in {str(one.readlink()) for one in (facts / "fd").iterdir()}
    assert "Umask:\t0077" in (facts / "status").read_text()
    assert os.getsid(pid) == pid
    assert (home / "server" / "server.log").stat().st_mode & 0o777 == 0o600


def test_a_state_folder_of_200_characters_has_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in lent(tmp_path / ("x" * 200), monkeypatch):
        assert said("server", "--detach").startswith("The server runs")
        assert "=== Processes" in said("server:status")


def test_after_one_that_was_killed_the_next_command_starts_another(home: Path) -> None:
    said("server", "--detach")
    before = [one.pid for one in processes(home).values() if one.pid]
    os.kill(before[0], signal.SIGKILL)
    assert said("server", "--detach").startswith("The server runs")
    assert not any(map(is_alive, before))
    assert len(parents(home)) == 1


def test_one_of_another_installation_makes_room(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = open_context()
    with starting.server(context) as old:
        old.stay()
    monkeypatch.setattr(digest, "mine", lambda: "another")
    with starting.server(context) as new:
        assert new.hello.pid != old.hello.pid
        assert not is_alive(old.hello.pid)
        assert new.status().by_name
    assert len(parents(home)) == 1


def test_one_of_another_environment_makes_room_where_nobody_needs_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = open_context()
    with starting.server(context) as old:
        pass
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with starting.server(context) as new:
        assert new.hello.environment["TZ"] == "Asia/Tokyo"
    assert not is_alive(old.hello.pid)


def test_one_that_is_needed_stays_and_the_difference_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []
    context = open_context()
    context = Context(context.store, context.engine, context.clock, context.make_postgres, found.append)
    context.store.apps.want(context.store.apps.create("one", None, context.clock.now()), Wanted.UP)
    with starting.server(context) as old:
        pass
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with starting.server(context) as same:
        assert same.hello.pid == old.hello.pid
    (sentence,) = found
    assert sentence.startswith("TZ is 'Asia/Tokyo' here and not set in the server;")
    assert "one" in said("server:stop")
    assert "Nothing was done" in said("server:stop")
    assert is_alive(old.hello.pid)
    said("server:restart")
    with starting.server(context) as new:
        assert new.hello.environment["TZ"] == "Asia/Tokyo"
    told = said("server:stop", "--confirm")
    assert " !     No Docker engine answers" in told
    assert told.endswith("The server has stopped.\n")
    until(lambda: not parents(home))  # its last act is to let go of the lock


def test_tables_that_are_brought_up_to_date_have_the_server_replaced(home: Path) -> None:
    context = open_context()
    with starting.server(context) as old:
        pass
    (version,) = context.store.db.row("PRAGMA user_version") or (0,)
    context.store.db.run(f"PRAGMA user_version = {version - 1}")
    file = home / "state.db"
    steps = (*MIGRATIONS[:-1], "CREATE TABLE IF NOT EXISTS newer (id INTEGER)")
    replaced: list[bool] = []
    Database(file, steps, migrating=lambda: starting.without_server(home, lambda: replaced.append(True)))
    assert replaced == [True]
    assert not is_alive(old.hello.pid)


def test_while_tables_are_brought_up_to_date_there_is_no_server(home: Path) -> None:
    context = open_context()
    with starting.server(context) as old:
        old.stay()
    with ThreadPoolExecutor(1) as pool:
        with starting.without_server(home, lambda: None):
            assert not is_alive(old.hello.pid)
            later = pool.submit(said, "server", "--detach")
            time.sleep(1)
            assert parents(home) == set()
        assert later.result().startswith("The server runs")


def test_where_control_is_down_status_says_so_and_restart_and_stop_help(home: Path) -> None:
    said("server", "--detach")
    for number in range(3):
        os.kill(until(lambda: processes(home)["control"].pid or 0), signal.SIGKILL)
        until(lambda number=number: processes(home)["control"].restarts == number + 1 or lost(home))
    until(lambda: lost(home))
    assert "died three times in a minute" in said("server:status")
    assert "control, one of its processes, has died three times in a minute" in said("server", "--detach")
    assert said("server:restart").startswith("The server has restarted")
    assert "died three times" not in said("server:status")
    assert said("server:stop") == "The server has stopped.\n"
    assert said("server:stop") == "No server runs.\n"


def lost(home: Path) -> bool:
    return processes(home)["control"].is_down


def test_its_files_may_go(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "installed"
    shutil.copytree(Path(localku.__file__).parent, package / "localku")
    monkeypatch.setenv("PYTHONPATH", str(package))
    assert said("server", "--detach", cwd=tmp_path).startswith("The server runs")
    shutil.rmtree(package)
    for name in ("control", "router"):
        before = processes(home)[name].pid
        assert before
        os.kill(before, signal.SIGKILL)
        until(lambda name=name, before=before: processes(home)[name].pid not in {None, before})
    client = server_client.connect(home)
    assert client is not None
    with client:
        assert {one.restarts for one in client.status().processes} == {0, 1}
        client.end(dynos=True, say=print)
    ending.wait(home)


@pytest.mark.parametrize(
    ("script", "log", "hint"),
    [
        (
            "echo ' !     state.db: No space left on device.' >&2; exit 1",
            "old",
            "!     state.db: No space left on device.",
        ),
        ("exit 1", "one\nthe disk is full\n", "one\nthe disk is full"),
    ],
)
def test_a_start_that_fails_says_why(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, log: str, hint: str
) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    (home / "server").mkdir()
    server_program.log_file(home).write_text(log)
    monkeypatch.setattr(server_program.sys, "executable", str(program))
    with pytest.raises(LocalkuError) as raised:
        starting.server(open_context())
    assert raised.value.message == "localku's server did not start."
    assert (raised.value.hint, raised.value.kind) == (hint, Kind.UNAVAILABLE)


def test_what_keeps_the_log_from_being_made_is_told_all_the_same(home: Path) -> None:
    context = open_context()
    (home / "server").touch()
    with pytest.raises(LocalkuError) as raised:
        starting.server(context)
    assert raised.value.hint == f"{home / 'server'}: File exists."


def test_a_second_one_in_the_foreground_is_refused(home: Path) -> None:
    said("server", "--detach")
    (pid,) = parents(home)
    assert f"The state folder {home} has a server (process {pid})." in said("server")


def test_where_control_hangs_restart_helps(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = open_context()
    with starting.server(context) as old:
        pass
    os.kill(old.hello.pid, signal.SIGSTOP)
    monkeypatch.setattr(starting, "ANSWER", 0.5)
    with starting.restarted(context) as new:
        assert new.status().processes
    assert not is_alive(old.hello.pid)
    assert len(parents(home)) == 1
