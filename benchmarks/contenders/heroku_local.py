"""`heroku local`: the Procfile's commands on the host, with a virtualenv of the host. It builds nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import stopwatch
from benchmarks.contenders import heroku_command
from benchmarks.samples import App


class HerokuLocal:
    def __init__(self, app: App, scratch: Path) -> None:
        self._app = app
        self._heroku = heroku_command.find()
        self._venv = scratch / "venv"
        self._port = stopwatch.free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Do by hand what `heroku local` leaves to its user."""
        folder = self._app.folder
        stopwatch.run([sys.executable, "-m", "venv", str(self._venv)], folder)
        stopwatch.run([str(self._venv / "bin" / "pip"), "install", "-q", "-r", "requirements.txt"], folder)
        stopwatch.run(["npm", "ci", "--no-audit", "--no-fund"], folder)
        as_root = ["--allow-root"] if os.geteuid() == 0 else []
        stopwatch.run(["npx", "bower", "install", "--config.interactive=false", *as_root], folder)
        stopwatch.run([str(self._venv / "bin" / "python"), "manage.py", "collectstatic", "--noinput"], folder)

    def up(self) -> float:
        self._stop()
        return self._start(time.perf_counter())

    def reset(self) -> float:
        """Stop and start, which is the nearest it has: what the app wrote stays."""
        if self._process is None:
            self.up()
        started = time.perf_counter()
        self._stop()
        return self._start(started)

    def close(self) -> None:
        self._stop()

    def _start(self, started: float) -> float:
        path = f"{self._venv / 'bin'}{os.pathsep}{os.environ['PATH']}"
        self._process = subprocess.Popen(
            [*self._heroku, "local", "web", "--port", str(self._port)],
            cwd=self._app.folder,
            env=stopwatch.environment({"PATH": path, "HEROKU_SKIP_NEW_VERSION_CHECK": "1"}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return stopwatch.until_answer(self._port, "localhost", self._app, started)

    def _stop(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait()
        self._process = None
