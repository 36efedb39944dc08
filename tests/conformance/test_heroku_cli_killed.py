"""Heroku's own CLI and git while one of the server's processes is killed: nothing hangs, and what is said is so.

The parent comes last of each command's four: with it the others' deaths are forgotten, of which three in a minute would
be one too many.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.heroku_cli import Shell, installed, shell
from support.kills import PROCESSES
from support.localku import GIT_IDENTITY, Localku, commit, get, wait_for, write_app
from support.tiny import FILES

ALL = pytest.mark.parametrize("process", PROCESSES)


@pytest.fixture(scope="module")
def lk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Localku]:
    made = Localku(tmp_path_factory.mktemp("killed"))
    made.ok("doctor", "--fix", cwd=made.home)
    yield made
    made.clean()


@pytest.fixture(scope="module")
def user(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = write_app(tmp_path_factory.mktemp("apps") / "mortal", {**FILES, "page": "v0"})
    (folder / "answer").write_text(
        "#!/bin/bash\nread -r _\nprintf 'HTTP/1.1 200 OK\\r\\nContent-Length: %s\\r\\nConnection: close\\r\\n\\r\\n'"
        ' "$(stat -c %s page)"\ncat page\n'
    )
    commit(folder, "a page")
    made = shell(lk, folder, installed(), tmp_path_factory.mktemp("user"))
    made.heroku("create", "mortal")
    made.heroku("config:set", "SLOW_BUILD=2")
    done = made.git("push", "heroku", "HEAD:main")
    assert done.status == 0, done.err
    return made


def begun(user: Shell, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=user.folder,
        env=user.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kill(lk: Localku, process: str) -> None:
    os.kill(lk.pid_of(process), signal.SIGKILL)


def page(lk: Localku, user: Shell) -> str:
    (app,) = lk.ok("apps", "--json", cwd=user.folder).json
    try:
        return get(f"http://127.0.0.1:{app['port']}/", host="mortal.localhost")[1]
    except OSError:
        return ""


def config(lk: Localku, user: Shell) -> dict[str, str]:
    found: dict[str, str] = lk.ok("config", "--json", cwd=user.folder).json
    return found


def descriptions(lk: Localku, user: Shell) -> list[str]:
    return [one["description"] for one in lk.ok("releases", "--json", "-n", "100", cwd=user.folder).json]


@ALL
def test_a_one_off_dyno_runs_to_its_end_and_tells_its_exit_status(lk: Localku, user: Shell, process: str) -> None:
    running = begun(user, "heroku", "run", "--exit-code", "sh -c 'echo begun; sleep 4; echo over; exit 5'")
    assert running.stdout is not None
    assert running.stdout.readline() == "begun\n"
    kill(lk, process)
    out = running.stdout.read()  # `communicate` would miss what came together with the first line
    _, err = running.communicate(timeout=120)
    assert (out, running.returncode) == ("over\n", 5), err


@ALL
def test_a_tail_goes_on_without_a_line_lost_or_twice(lk: Localku, user: Shell, process: str) -> None:
    user.heroku("ps")
    tail = begun(user, "heroku", "logs", "--tail", "--num", "1", "--source", "app")
    assert tail.stdout is not None
    assert tail.stdout.readline()
    kill(lk, process)
    time.sleep(1)
    if process == "parent":  # with it there is nobody to come again to
        _, err = tail.communicate(timeout=120)
        assert (tail.returncode, "Logs eventsource failed" in err) == (1, True), err
        return
    told = [f"{process}-{number}" for number in range(3)]
    for one in (*told, last := f"{process}-over"):
        user.heroku("run:detached", f"echo {one}")
        wait_for(lambda one=one: printed(one, lk.ok("logs", "-n", "100", cwd=user.folder).out))
    out = ""
    while not printed(last, out):
        line = tail.stdout.readline()
        assert line, out
        out += line
    tail.send_signal(signal.SIGINT)
    more, err = tail.communicate(timeout=120)
    out += more
    seen = re.findall(rf"app\[run\.\d+\]: ({process}-\d)", out)
    assert seen == told, err


def printed(text: str, log: str) -> bool:
    """Whether a one-off dyno has: that its command begins is in the log, too."""
    return re.search(rf"app\[run\.\d+\]: {text}$", log, re.MULTILINE) is not None


@ALL
def test_config_vars_are_set_whole_or_not_at_all(lk: Localku, user: Shell, process: str) -> None:
    for number in range(2):
        name = f"{process}_{number}".upper()
        setting = begun(user, "heroku", "config:set", f"{name}=1", f"{name}_B=2")
        time.sleep(1.2 + 0.3 * number)
        kill(lk, process)
        _, err = setting.communicate(timeout=120)
        values = config(lk, user)
        assert (
            (name in values)
            == (f"{name}_B" in values)
            == (f"Set {name}, {name}_B config vars" in descriptions(lk, user))
        )
        assert setting.returncode != 0 or name in values, err
        assert setting.returncode == 0 or "rror" in err, err


@ALL
@pytest.mark.parametrize("after", [0.6, 2.5])
def test_a_push_is_deployed_or_refused(lk: Localku, user: Shell, process: str, after: float) -> None:
    before, now = (user.folder / "page").read_text(), f"{process} {after}"
    user.heroku("ps")
    (user.folder / "page").write_text(now)
    commit(user.folder, now)
    pushing = begun(user, "git", *GIT_IDENTITY, "push", "heroku", "HEAD:main")
    time.sleep(after)
    kill(lk, process)
    _, err = pushing.communicate(timeout=120)
    user.heroku("ps")  # somebody has to start a server that was killed, though the push was over before
    if pushing.returncode == 0:
        assert wait_for(lambda: page(lk, user) == now), err
        return
    assert "error: " in err or "fatal: " in err or "rejected" in err, err
    assert process in {"control", "parent"}, err
    assert wait_for(lambda: page(lk, user) in {before, now})
    again = wait_for(lambda: _pushed(user), every=1)
    assert again
    assert wait_for(lambda: page(lk, user) == now)


def _pushed(user: Shell) -> bool:
    """Whether a push passes: what is left of one that was killed may be going on."""
    done = user.git("push", "heroku", "HEAD:main")
    assert done.status == 0 or "Another build" in done.err, done.err
    return done.status == 0


def test_a_client_that_was_killed_ends_its_dyno(lk: Localku, user: Shell) -> None:
    running = begun(user, "heroku", "run", "echo begun; sleep 300")
    assert running.stdout is not None
    assert running.stdout.readline() == "begun\n"
    running.kill()
    running.communicate()
    assert wait_for(lambda: "run." not in user.heroku("ps"), every=1)


def test_a_dyno_whose_connection_is_cut_does_not_hang_its_client(lk: Localku, user: Shell) -> None:
    running = begun(user, "heroku", "run", "--exit-code", "echo begun; sleep 300")
    assert running.stdout is not None
    assert running.stdout.readline() == "begun\n"
    for one in Path("/proc").iterdir():
        if one.name.isdigit() and _is_attached(one, lk):
            os.kill(int(one.name), signal.SIGKILL)
    running.communicate(timeout=120)
    assert running.returncode != 0
    assert wait_for(lambda: "run." not in user.heroku("ps"), every=1)


def _is_attached(process: Path, lk: Localku) -> bool:
    try:
        named = b"attached_run" in (process / "cmdline").read_bytes()
        return named and str(lk.home).encode() in (process / "environ").read_bytes()
    except OSError:
        return False
