"""localku itself, through its command line, in a state folder of its own."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from subprocess import DEVNULL, Popen

from benchmarks import stopwatch
from benchmarks.world import App

NAME = "localku-bench"


class Localku:
    name = "localku"

    def __init__(self, app: App, home: Path) -> None:
        self._app = app
        self._env = {"LOCALKU_HOME": str(home), "NO_COLOR": "1"}
        self._port = stopwatch.free_port()
        self._running = False
        home.mkdir(parents=True)

    def prepare(self) -> None:
        self._run("build")

    def cold_build(self) -> float:
        self._stop()
        self._destroy()
        return self._run("build", "--clear-cache")

    def unchanged_build(self) -> float:
        return self._run("build")

    def one_line_build(self) -> float:
        self._app.change_one_line()
        return self._run("build")

    def up(self) -> float:
        self._stop()
        self._running = True  # from now on there may be something to stop
        started = time.perf_counter()
        command = Popen(
            self._command("up", "--detach", "--port", str(self._port)),
            cwd=self._app.folder,
            env=stopwatch.environment(self._env),
            stdout=DEVNULL,
        )
        seconds = stopwatch.until_answer(self._port, f"{NAME}.localhost", self._app.note, started)
        if command.wait() != 0:
            raise stopwatch.CommandFailed("localku up --detach failed")
        return seconds

    def reset(self) -> float:
        """The whole command: report, replacement, and the answer it waits for itself."""
        if not self._running:
            self.up()
        return self._run("reset-fs")

    def close(self) -> None:
        with contextlib.suppress(stopwatch.CommandFailed):  # nothing to destroy when the first build failed
            self._stop()
            self._destroy()

    def _destroy(self) -> None:
        self._run("apps:destroy", "--confirm", NAME)

    def _stop(self) -> None:
        if self._running:
            self._run("down")
        self._running = False

    def _run(self, *arguments: str) -> float:
        return stopwatch.run(self._command(*arguments), self._app.folder, self._env)

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        command, *options = arguments
        script = Path(sys.executable).with_name("localku")
        program = [str(script)] if script.is_file() else [sys.executable, "-m", "localku"]
        return [*program, command, "--app", NAME, *options]
