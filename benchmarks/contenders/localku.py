"""An app built and run by localku, through its command line."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks import stopwatch
from benchmarks.contenders.localku_command import LocalkuCommand
from benchmarks.samples import App

DYNO = "web.1"
LOG_LINES = 100
WATCHER_SECONDS = 1.0
"""From the first answer under `up --watch` to the save: it watches by then."""


@dataclass
class Localku:
    """`name`: the app's in localku; `config`: config vars that are set before the first build."""

    app: App
    command: LocalkuCommand
    name: str
    config: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._port = stopwatch.free_port()
        self._is_up = False
        self._has_lines = False

    def prepare(self) -> None:
        if self.config:
            self.command.run(self.app.folder, "create", self.name)
            self._run("config:set", *(f"{name}={value}" for name, value in self.config.items()))
        self._run("build")

    def cold_build(self) -> float:
        self._down()
        self._destroy()
        return self._run("build", "--clear-cache")

    def unchanged_build(self) -> float:
        self._down()
        return self._run("build")

    def build_after(self, change: Callable[[], None]) -> float:
        self._down()
        change()
        return self._run("build")

    def up(self) -> float:
        """`up` of what is built already and has not changed since."""
        return self._up()

    def up_without_build(self) -> float:
        return self._up("--no-build")

    def up_beside_server(self) -> float:
        """`up` of what is built already, with a server that runs since before."""
        self._down()
        self.command.run(self.app.folder, "server", "--detach")
        try:
            return self._up("--no-build")
        finally:
            self._down()
            self.command.run(self.app.folder, "server:stop")

    def reset(self) -> float:
        """To the first answer of another process; where pages do not tell, to an answer after the command's end."""
        self._be_up()
        _, page = stopwatch.get(self._port, self._host, self.app.page)
        before = self.app.process(page)
        started = time.perf_counter()
        resetting = self.command.start(self.app.folder, "reset-fs", "--app", self.name, "--dyno", DYNO)
        if before is None:
            self.command.finish(resetting)
        seconds = self._until_answer(started, but_not_from=before)
        self.command.finish(resetting)
        return seconds

    def save_under_watch(self) -> float:
        self._down()
        with self._watching():
            self._until_answer(time.perf_counter())
            time.sleep(WATCHER_SECONDS)
            self.app.change_view()
            return self._until_answer(time.perf_counter())

    def ps(self) -> float:
        self._be_up()
        return self._run("ps")

    def show_config(self) -> float:
        self._be_up()
        return self._run("config")

    def logs(self) -> float:
        self._be_up()
        if not self._has_lines:
            for _ in range(LOG_LINES):
                stopwatch.get(self._port, self._host, self.app.page)
            self._has_lines = True
        return self._run("logs", "--num", str(LOG_LINES))

    def close(self) -> None:
        with contextlib.suppress(stopwatch.CommandFailed):  # not up, or not even made
            self._run("down")
        with contextlib.suppress(stopwatch.CommandFailed):
            self._destroy()

    @property
    def _host(self) -> str:
        return f"{self.name}.localhost"

    def _up(self, *options: str) -> float:
        self._down()
        self._is_up = True  # from now on there may be something to stop
        started = time.perf_counter()
        port = ("--port", str(self._port))
        command = self.command.start(self.app.folder, "up", "--app", self.name, "--detach", *port, *options)
        seconds = self._until_answer(started)
        self.command.finish(command)
        return seconds

    @contextlib.contextmanager
    def _watching(self) -> Iterator[None]:
        port = ("--port", str(self._port))
        running = self.command.start(self.app.folder, "up", "--app", self.name, "--watch", *port)
        try:
            yield
        finally:
            running.send_signal(signal.SIGINT)
            running.wait()

    def _until_answer(self, started: float, *, but_not_from: str | None = None) -> float:
        return stopwatch.until_answer(self._port, self._host, self.app, started, but_not_from=but_not_from)

    def _be_up(self) -> None:
        if not self._is_up:
            self._up()

    def _down(self) -> None:
        if self._is_up:
            self._run("down")
        self._is_up = False

    def _destroy(self) -> None:
        self._run("apps:destroy", "--confirm", self.name)
        self._has_lines = False

    def _run(self, command: str, *options: str) -> float:
        return self.command.run(self.app.folder, command, "--app", self.name, *options)
