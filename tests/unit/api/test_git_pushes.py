"""Real git where one push waits for another, and where who pushed has gone."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from api_served import TOKEN, Served
from test_git_http import git, pushed, work

from localku.clock import SystemClock

if TYPE_CHECKING:
    from localku.records import App

__all__ = ["pushed", "work"]

MOVED = """
import os, subprocess, sys
from localku.errors import LocalkuError
from localku.platform.deploying.pushes.pushed_branch import PushedBranch
old, new, reference = sys.stdin.read().split()
environ = {name: value for name, value in os.environ.items() if name not in
    ("GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")}
subprocess.run(["git", "update-ref", reference, sys.argv[1]], env=environ, check=True)
branch = PushedBranch(os.environ, reference, old, new)
try:
    branch.check()
except LocalkuError as error:
    sys.exit(error.message)
branch.put_back()
"""
"""A hook that finds the branch moved to the commit it is given: another push was over first."""

WAITS = """
import os, pathlib, sys, time
from localku.errors import LocalkuError
from localku.platform.deploying.pushes.pusher import Pusher
pusher = Pusher(os.environ)
pusher.check()
print("waiting", flush=True)
while True:
    try:
        pusher.check()
    except LocalkuError as error:
        pathlib.Path("gone").write_text(error.message)
        sys.exit(1)
    time.sleep(0.05)
"""


def hook(repository: Path, program: str, *arguments: str) -> None:
    (repository / "hook.py").write_text(program)
    path = shlex.quote(os.pathsep.join(sys.path))
    command = shlex.join([sys.executable, str(repository / "hook.py"), *arguments])
    (repository / "hooks" / "pre-receive").write_text(f"#!/bin/sh\nPYTHONPATH={path} exec {command}\n")


def commit(work: Path, message: str) -> str:
    assert git(work, "commit", "--quiet", "--allow-empty", f"--message={message}").returncode == 0
    return git(work, "rev-parse", "HEAD").stdout.strip()


def is_at(repository: Path, commit: str) -> bool:
    return git(repository, "rev-parse", "main").stdout.strip() == commit


@pytest.mark.parametrize("is_new", [True, False])
def test_a_push_that_has_waited_follows_the_one_before(
    served: Served, app: App, pushed: Path, work: Path, is_new: bool
) -> None:
    url = f"http://heroku:{TOKEN}@{served.place}/{app.name}.git"
    if not is_new:
        assert git(work, "push", url, "main").returncode == 0
    first = commit(work, "first")
    assert git(work, "push", url, "main:refs/heads/first").returncode == 0
    second = commit(work, "second")
    hook(pushed, MOVED, first)
    done = git(work, "push", url, "main")
    assert done.returncode == 0, done.stderr
    assert is_at(pushed, second)


def test_a_push_without_the_one_before_is_refused(served: Served, app: App, pushed: Path, work: Path) -> None:
    url = f"http://heroku:{TOKEN}@{served.place}/{app.name}.git"
    assert git(work, "push", url, "main").returncode == 0
    others = commit(work, "others")
    assert git(work, "push", url, "main:refs/heads/others").returncode == 0
    git(work, "reset", "--quiet", "--hard", "HEAD~")
    commit(work, "mine")
    hook(pushed, MOVED, others)
    done = git(work, "push", url, "main")
    assert done.returncode == 1
    assert "remote: The app was pushed to meanwhile, and that is not in this push." in done.stderr
    assert is_at(pushed, others)


def test_the_hook_hears_that_nobody_waits_any_more(served: Served, app: App, pushed: Path, work: Path) -> None:
    hook(pushed, WAITS)
    url = f"http://heroku:{TOKEN}@{served.place}/{app.name}.git"
    pushing = subprocess.Popen(
        ["git", "push", url, "main"], cwd=work, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert pushing.stderr is not None
    assert any("remote: waiting" in line for line in pushing.stderr)
    os.killpg(pushing.pid, signal.SIGKILL)
    pushing.communicate(timeout=20)
    clock = SystemClock()
    deadline = clock.monotonic() + 20
    while not (pushed / "gone").exists() and clock.monotonic() < deadline:
        clock.sleep(0.05)
    assert (pushed / "gone").read_text() == "Whoever pushed has gone; nothing was built."
