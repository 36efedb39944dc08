"""The program that gets ready for a server before anybody knows whether one is needed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from server_kit import is_alive, lent, said, until

from localku import locks
from localku.control import ending, probable_server, server_client, server_program, starting
from localku.control.early_server import EarlyServer
from localku.opening import open_context


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    yield from lent(tmp_path / "home", monkeypatch)
    server_program.forgo(tmp_path / "home")


def begun(home: Path) -> int:
    """The process that gets ready."""
    probable_server.begin(())
    return server_program._begun[home].pid


def test_it_becomes_the_server_where_there_is_none(home: Path) -> None:
    pid = begun(home)
    context = open_context()
    with starting.server(context) as client:
        assert [one.pid for one in client.status().processes if one.name == "parent"] == [pid]
    assert Path(f"/proc/{pid}/fd/0").readlink() == Path("/dev/null")


def test_it_goes_where_it_is_not_needed_and_has_been_no_server(home: Path) -> None:
    pid = begun(home)
    server_program.forgo(home)
    assert not is_alive(pid)
    assert server_client.connect(home) is None
    assert list(home.iterdir()) == []


def test_it_goes_where_another_server_is_found(home: Path) -> None:
    pid = begun(home)
    said("server", "--detach")
    with EarlyServer(open_context()).client() as client:
        assert pid not in {one.pid for one in client.status().processes}
    until(lambda: not is_alive(pid))


def test_with_the_command_that_began_it_it_goes(home: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from localku.control import server_program
home = Path({str(home)!r})
server_program.begin(home)
print(server_program._begun[home].pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    until(lambda: not is_alive(int(killed.stdout)))
    assert locks.holder(ending.server_lock(home)) is None


def test_a_command_that_is_wrong_leaves_no_server(home: Path) -> None:
    assert "--nonsense" in said("up", "--nonsense")
    assert locks.holder(ending.server_lock(home)) is None


@pytest.mark.parametrize("arguments", [("--help",), ("-a", "one", "-h"), ("--in-background",)])
def test_it_is_not_begun_for_what_needs_no_server(home: Path, arguments: tuple[str, ...]) -> None:
    probable_server.begin(arguments)
    assert home not in server_program._begun


def test_it_is_not_begun_where_a_server_runs(home: Path) -> None:
    said("server", "--detach")
    probable_server.begin(())
    assert home not in server_program._begun
