"""`python -m benchmarks.push`: a changed line by `git push heroku main`, in turn with a save under `up --watch`."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import click

from benchmarks import stopwatch
from benchmarks.bower_registry import bower_registry
from benchmarks.contenders.localku import WATCHER_SECONDS
from benchmarks.contenders.localku_command import LocalkuCommand, words
from benchmarks.samples import Shelf
from tests.support.localku import GIT_IDENTITY, commit

MOST = 1.3
"""Heroku's round trip has a commit and a repository more than a folder that is watched."""


class Pushed:
    """An app that is up because it was pushed, in a shell that has run `eval "$(localku env)"`."""

    def __init__(self, command: LocalkuCommand, app: Shelf, name: str) -> None:
        self.app, self._command, self._name = app, command, name
        command.run(app.folder, "create", name)
        self._environment = self._shell()
        remote = f"{self._environment['GIT_CONFIG_VALUE_0']}{name}.git"
        stopwatch.run(["git", "remote", "add", "heroku", remote], app.folder)
        self._push()
        command.run(app.folder, "up", "--app", name, "--detach", "--no-build", "--port", str(self._port))

    def change(self) -> float:
        """Seconds from Enter to the new page; the commit is made before."""
        self.app.change_view()
        commit(self.app.folder, self.app.note)
        started = time.perf_counter()
        pushing = subprocess.Popen(
            ["git", *GIT_IDENTITY, "push", "--quiet", "heroku", "HEAD:main"],
            cwd=self.app.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        seconds = stopwatch.until_answer(self._port, f"{self._name}.localhost", self.app, started)
        if pushing.wait() != 0:
            raise stopwatch.CommandFailed("the push has failed")
        return seconds

    def _push(self) -> None:
        stopwatch.run(["git", "push", "heroku", "HEAD:main"], self.app.folder, self._environment)
        self._port = stopwatch.free_port()
        self._command.run(self.app.folder, "down", "--app", self._name)

    def _shell(self) -> dict[str, str]:
        environ = {**os.environ, "LOCALKU_HOME": str(self._command.home)}
        lines = subprocess.run(
            words("env", "--shell", "bash"),
            cwd=self.app.folder,
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        shown = subprocess.run(
            ["bash", "-c", f"{lines}\nenv -0"], env=environ, capture_output=True, text=True, check=True
        ).stdout
        return dict(one.split("=", 1) for one in shown.split("\0") if "=" in one)


class Watched:
    """An app under `up --watch`; use it in a `with`."""

    def __init__(self, command: LocalkuCommand, app: Shelf, name: str) -> None:
        self.app, self._command, self._name = app, command, name
        self._port = stopwatch.free_port()

    def __enter__(self) -> Self:
        options = ("--app", self._name, "--watch", "--port", str(self._port))
        self._running = self._command.start(self.app.folder, "up", *options)
        self._until_new(time.perf_counter())
        time.sleep(WATCHER_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._running.send_signal(signal.SIGINT)
        self._running.wait()

    def change(self) -> float:
        """Seconds from a save to the new page."""
        self.app.change_view()
        return self._until_new(time.perf_counter())

    def _until_new(self, started: float) -> float:
        return stopwatch.until_answer(self._port, f"{self._name}.localhost", self.app, started)


@contextlib.contextmanager
def stage() -> Iterator[tuple[Pushed, Watched]]:
    with tempfile.TemporaryDirectory(prefix="localku-push-") as name, contextlib.ExitStack() as cleaning:
        folder, run = Path(name), f"bench-{secrets.token_hex(3)}"
        bower = cleaning.enter_context(bower_registry(folder / "bower"))
        command = LocalkuCommand(folder / "home")
        cleaning.callback(_leave, command, folder, run)
        pushed = Pushed(command, Shelf(folder / "pushed", bower), f"{run}-pushed")
        watched = Watched(command, Shelf(folder / "watched", bower), f"{run}-watched")
        command.run(watched.app.folder, "create", f"{run}-watched")
        yield pushed, cleaning.enter_context(watched)


def _leave(command: LocalkuCommand, folder: Path, run: str) -> None:
    command.run(folder, "server:stop", "--confirm")
    for one in ("pushed", "watched"):
        with contextlib.suppress(stopwatch.CommandFailed):  # it was not even made
            command.run(folder, "apps:destroy", "--app", f"{run}-{one}", "--confirm", f"{run}-{one}")


@click.command()
@click.option("--rounds", default=7, show_default=True, type=click.IntRange(1), help="Changes of each.")
def main(rounds: int) -> None:
    """Exit status 1 where the median of the rounds' ratios is above the goal."""
    ratios = []
    with stage() as (pushed, watched):
        watched.change()
        pushed.change()
        for number in range(rounds):
            first, second = (watched, pushed) if number % 2 else (pushed, watched)
            seconds = {first: first.change(), second: second.change()}
            ratios.append(seconds[pushed] / seconds[watched])
            click.echo(f"push {seconds[pushed]:.2f} s, --watch {seconds[watched]:.2f} s: {ratios[-1]:.2f}")
    ratio = statistics.median(ratios)
    click.echo(f"median ratio {ratio:.2f}, goal {MOST}")
    raise SystemExit(0 if ratio <= MOST else 1)


if __name__ == "__main__":
    main()
