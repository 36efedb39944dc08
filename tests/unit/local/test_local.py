"""`localku local` through the real command line: what runs, with what, how it ends, and that nothing of it stays."""

from __future__ import annotations

import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LINE = re.compile(r"\d\d:\d\d:\d\d (\S+) +\| (.*)")
STUBBORN = "trap '' TERM; echo stubborn; while :; do sleep 0.1; done"


@dataclass
class Folder:
    """An app's folder and the command line in it. Every process started from here carries a mark."""

    path: Path
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    def write(self, procfile: str, **files: str) -> None:
        for name, text in {"Procfile": procfile, **files}.items():
            (self.path / name).write_text(text)

    def environ(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in {"PORT", "NO_COLOR", "FORCE_COLOR"}}
        nowhere = {"DOCKER_HOST": "unix:///nowhere.sock", "LOCALKU_HOME": "/proc/nowhere", "PYTHONPATH": str(ROOT)}
        return {**kept, **nowhere, "LOCALKU_TEST": self.mark, **more}

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "localku", *arguments],
            cwd=self.path,
            env=self.environ(**environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environ: str) -> tuple[int, str, str]:
        """Run to the end: status, stdout, stderr; and nothing that it started is left."""
        started = self.start(*arguments, **environ)
        out, err = started.communicate(timeout=60)
        assert self.left() == []
        return started.returncode, out, err

    def left(self) -> list[str]:
        """Command lines of the processes with the mark, dead ones left out."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            try:
                if self.mark.encode() in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return found

    def wait_until_empty(self) -> None:
        wait_for(lambda: self.left() == [])


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_line(started: subprocess.Popen[str], text: str) -> None:
    assert started.stdout is not None
    for line in started.stdout:
        if text in line:
            return
    raise AssertionError(text)


def lines(out: str) -> list[tuple[str, ...]]:
    """Every row as (process, text), the process ids of the start lines taken away."""
    found = [LINE.fullmatch(row) for row in out.splitlines()]
    assert None not in found, out
    return [(match[1], re.sub(r" \(process \d+\)", "", match[2])) for match in found if match]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    yield made
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and entry.name != str(os.getpid()):
            try:
                marked = made.mark.encode() in (entry / "environ").read_bytes()
            except OSError:
                continue
            if marked:
                os.kill(int(entry.name), signal.SIGKILL)


def test_the_first_to_exit_ends_all_and_its_status_is_kept(folder: Folder) -> None:
    folder.write(
        "web: echo on $PORT as $FOREMAN_WORKER_NAME; [ $PORT = 5007 ] && sleep 0.5 && exit 3; exec sleep 60\n"
        "worker: trap 'echo bye; exit 4' TERM; echo at $PORT; sleep 60 & wait\n"
        "release: echo never\n"
    )
    status, out, err = folder.run("local", "web=2,worker=1")
    found = lines(out)
    assert status == 3
    for line in (
        ("system", "web.2 started, PORT=5007"),
        ("web.1", "on 5006 as web.1"),
        ("web.2", "on 5007 as web.2"),
        ("worker.1", "at 5106"),
        ("system", "web.2 exited with status 3, so everything stops"),
        ("worker.1", "bye"),
        ("system", "web.1 was ended by SIGTERM"),
        ("system", "worker.1 exited with status 4"),
    ):
        assert found.count(line) == 1, line
    assert not any("never" in text for _, text in found)
    assert err.count("\n") == 1
    assert "`localku up` runs the app as Heroku does" in err


@pytest.mark.parametrize(
    ("command", "status", "reason"),
    [("exit 0", 0, "exited with status 0"), ("kill -SEGV $$", 139, "was ended by SIGSEGV"), ("nothing-such", 127, "")],
)
def test_how_a_process_can_end(folder: Folder, command: str, status: int, reason: str) -> None:
    folder.write(f"web: {command}\n")
    found, out, _ = folder.run("local")
    assert found == status
    assert f"web.1 {reason}" in out
    assert "everything" not in out


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=str
)
def test_a_signal_ends_all(folder: Folder, number: signal.Signals, status: int) -> None:
    folder.write("web: echo ready; sleep 60\nworker: (sleep 60; true) & wait\n")
    started = folder.start("local")
    wait_line(started, "ready")
    started.send_signal(number)
    out, _ = started.communicate(timeout=30)
    assert started.returncode == status
    assert f"{number.name} received, so everything stops" in out
    assert folder.left() == []


def test_who_does_not_heed_sigterm_is_killed_after_the_grace_time(folder: Folder) -> None:
    folder.write(f"web: sleep 0.3\nworker: {STUBBORN}\nother: set -m; ({STUBBORN}) & exit 0\n")
    status, out, _ = folder.run("local", "web,worker", LOCALKU_CLOCK_SCALE="30")
    assert status == 0
    assert "worker.1 did not end within 30 seconds of SIGTERM: SIGKILL" in out
    assert "worker.1 was ended by SIGKILL" in out
    status, out, _ = folder.run("local", "other", LOCALKU_CLOCK_SCALE="60")
    assert status == 0
    assert "other.1 did not end within 30 seconds" in out


def test_a_second_ctrl_c_kills_at_once(folder: Folder) -> None:
    folder.write(f"web: {STUBBORN}\n")
    started = folder.start("local")
    wait_line(started, "stubborn")
    started.send_signal(signal.SIGINT)
    wait_line(started, "Ctrl-C again kills")
    started.send_signal(signal.SIGINT)
    out, _ = started.communicate(timeout=20)
    assert (started.returncode, folder.left()) == (130, [])
    assert "web.1 was ended by SIGKILL" in out


def test_kill_9_of_localku_leaves_nothing(folder: Folder) -> None:
    folder.write(f"web: sleep 60 & sleep 61\nworker: {STUBBORN}\n")
    started = folder.start("local", LOCALKU_CLOCK_SCALE="30")
    wait_line(started, "stubborn")
    started.kill()
    started.communicate(timeout=20)
    folder.wait_until_empty()


def test_a_closed_pipe_ends_all(folder: Folder) -> None:
    folder.write("web: while echo tick; do sleep 0.05; done\nworker: sleep 60\n")
    started = folder.start("local")
    assert started.stdout is not None
    assert started.stderr is not None
    started.stdout.readline()
    started.stdout.close()
    assert started.wait(30) == 128 + signal.SIGPIPE
    assert "Traceback" not in started.stderr.read()
    started.stderr.close()
    assert folder.left() == []


def test_a_closed_terminal_ends_all(folder: Folder) -> None:
    folder.write("web: echo ready; sleep 60\nworker: nohup sleep 61\n")
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder.path)
        os.execve(sys.executable, [sys.executable, "-m", "localku", "local"], folder.environ())  # noqa: S606
    seen = b""
    while b"ready" not in seen:
        seen += os.read(terminal, 4096)
    assert b"\x1b[" in seen
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) in {128 + signal.SIGHUP, 128 + signal.SIGPIPE}
    assert folder.left() == []


def test_all_output_comes_before_the_end(folder: Folder) -> None:
    folder.write("web: seq 20000; setsid sleep 0.3 & printf end\n")
    _, out, _ = folder.run("local")
    said = [text for name, text in lines(out) if name == "web.1"]
    assert said == [*map(str, range(1, 20001)), "end"]
    assert lines(out)[-1] == ("system", "web.1 exited with status 0")


def test_a_talkative_process_left_behind_does_not_hide_the_end(folder: Folder) -> None:
    folder.write("web: (while echo still here; do sleep 0.05; done) & exit 3\n")
    status, out, _ = folder.run("local")
    assert status == 3
    assert "web.1 exited with status 3" in out


def test_a_pipe_gets_no_colours_unless_they_are_forced(folder: Folder) -> None:
    folder.write("web: printf 'gr\\303\\274n \\377 \\r\\n\\n'\n")
    _, out, _ = folder.run("local")
    assert ("web.1", "grün � ") in lines(out)
    assert ("web.1", "") in lines(out)
    _, out, _ = folder.run("local", FORCE_COLOR="1")
    assert re.search(r"\x1b\[36m\d\d:\d\d:\d\d web\.1  \|\x1b\[0m gr", out)


@pytest.mark.parametrize(
    ("arguments", "environ", "ports"),
    [
        ((), {}, ["5006", "5106"]),
        ((), {"PORT": "7000"}, ["7000", "7100"]),
        (("-e", "port.env"), {"PORT": "7000"}, ["8000", "8100"]),
        (("-e", "port.env", "-p", "9000"), {}, ["9000", "9100"]),
    ],
)
def test_ports(folder: Folder, arguments: tuple[str, ...], environ: dict[str, str], ports: list[str]) -> None:
    folder.write("a: echo port $PORT; sleep 60\nb: echo port $PORT; sleep 0.5\n", **{"port.env": "PORT=8000\n"})
    _, out, _ = folder.run("local", *arguments, **environ)
    assert sorted(text for name, text in lines(out) if name != "system") == [f"port {port}" for port in ports]


def test_env_files(folder: Folder) -> None:
    folder.write(
        "web: echo $A $B $C $D\n", **{".env": "A=1\nB=x#y\n", "b.json": '{"b": {"c": 7}, "C": "json", "d": true}'}
    )
    status, out, err = folder.run("local", A="from outside", C="from outside")
    assert ("web.1", "1 x#y from outside") in lines(out)
    assert ".env line 2: `heroku local` reads a different value for B: it cuts at `#`" in err
    _, out, _ = folder.run("local", "-e", ".env,b.json")
    assert ("web.1", "1 x#y json true") in lines(out)
    status, _, err = folder.run("local", "-e", "none")
    assert (status, err.splitlines()[0]) == (1, " !     There is no env file none.")


def test_a_folder_called_dot_env_is_passed_over(folder: Folder) -> None:
    folder.write("web: true\n")
    (folder.path / ".env").mkdir()
    status, _, err = folder.run("local")
    assert status == 0
    assert ".env is not a file; ignored." in err


def test_what_stands_in_for_a_procfile(folder: Folder) -> None:
    status, _, err = folder.run("local")
    assert (status, err.splitlines()[0]) == (1, " !     No Procfile found.")
    assert "--start-cmd" in err
    (folder.path / "procfile").write_text("web: true")
    assert "There is a file `procfile`, but Heroku reads only `Procfile`" in folder.run("local")[2]
    assert folder.run("local", "--start-cmd", "exit 6")[0] == 6
    (folder.path / "package.json").write_text('{"scripts": {"start": "node ."}}')
    (folder.path / "bin").mkdir()
    (folder.path / "bin" / "npm").write_text('#!/bin/sh\necho npm "$@"\n')
    (folder.path / "bin" / "npm").chmod(0o755)
    status, out, err = folder.run("local", PATH=f"{folder.path / 'bin'}:{os.environ['PATH']}")
    assert (status, lines(out)[1]) == (0, ("web.1", "npm start"))
    assert "No Procfile: web is `npm start`" in err
    (folder.path / "Other").write_text("web: exit 8")
    assert folder.run("local", "-f", "Other")[0] == 8
    assert "No Missing found." in folder.run("local", "-f", "Missing")[2]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("clock",), "There is no process type clock."),
        (("web=two",), "'web=two' is not TYPE or TYPE=NUMBER."),
        (("web=0",), "There is nothing to run."),
        (("-p", "80"), "80 is not in the range 1024<=x<=65535."),
    ],
)
def test_wrong_usage(folder: Folder, arguments: tuple[str, ...], text: str) -> None:
    folder.write("web: true\nworker: true\n")
    status, out, err = folder.run("local", *arguments)
    assert status in {1, 2}
    assert text in err.splitlines()[0]
    assert out == ""


def test_a_port_that_is_taken(folder: Folder) -> None:
    folder.write("web: true\n")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        _, _, err = folder.run("local", "-p", str(port))
    assert re.search(
        rf"Port {port} of web\.1 is in use by \S+ \(process {os.getpid()}\); choose another with -p\.", err
    )


def test_a_port_that_is_none(folder: Folder) -> None:
    folder.write("web: true\n")
    assert folder.run("local", PORT="http")[2].startswith(" !     PORT is 'http'.")


def test_local_run(folder: Folder) -> None:
    folder.write("", **{".env": "A=one\n"})
    assert folder.run("local:run", "echo $A ${PORT-none}; exit 5")[:2] == (5, "one none\n")
    assert folder.run("local:run", "-p", "6000", "printenv", "PORT")[:2] == (0, "6000\n")
    assert folder.run("local:run", "printf", "%s|", "a b", "$A")[1] == "a b|$A|"
    assert folder.run("local:run", "kill -9 $$")[0] == -9
    assert folder.run("local:run", "yes | head -1")[:2] == (0, "y\n")
    assert folder.run("local:run")[0] == 2
