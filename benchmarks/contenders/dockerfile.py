"""An app built by hand with a Dockerfile, through the plain `docker` command line; with either of its builders."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import stopwatch
from benchmarks.contenders.docker_client import DockerClient
from benchmarks.contenders.dockerfile_text import marked
from benchmarks.samples import App
from localku.slugs import host_settings

HANDED_ON = ("NPM_CONFIG_REGISTRY", "PIP_INDEX_URL")
IGNORED = ".git\nnode_modules\nassets/vendor\nassets/built\nstaticfiles\n"
NAMESPACE = "BUILDKIT_CACHE_MOUNT_NS"
"""Built-in argument of BuildKit: cache mounts of another name are others, so a new one is a cold build's."""


@dataclass
class Dockerfile:
    """`text`: the Dockerfile; `name`: of its image and container, and of nothing else on the engine."""

    app: App
    client: DockerClient
    text: str
    name: str
    run_name: str

    def __post_init__(self) -> None:
        self._port = stopwatch.free_port()
        self._cold = 0
        self._containers = 0
        (self.app.folder / "Dockerfile").write_text(marked(self.text, self.run_name, self.name))
        ignore = self.app.folder / ".dockerignore"
        if not ignore.exists():
            ignore.write_text(IGNORED)
        (self.app.folder / "ca-certificates.crt").write_bytes(host_settings.certificates() or b"")

    def prepare(self) -> None:
        self._build()

    def cold_build(self) -> float:
        self._remove_containers()
        self._cold += 1
        return self._build("--no-cache")

    def unchanged_build(self) -> float:
        self._remove_containers()
        return self._build()

    def build_after(self, change: Callable[[], None]) -> float:
        self._remove_containers()
        change()
        return self._build()

    def up(self) -> float:
        self._remove_containers()
        return self._start(time.perf_counter())

    def reset(self) -> float:
        if not self._list():
            self.up()
        (before,) = self._list()
        started = time.perf_counter()
        self._docker("stop", before)
        return self._start(started)

    def save_under_watch(self) -> float:
        self.up()
        with self._watching():
            self.app.change_view()
            return stopwatch.until_answer(self._port, "localhost", self.app, time.perf_counter())

    def close(self) -> None:
        """Containers; images and what steps left carry the run's label and are swept with it."""
        self._remove_containers()

    @contextlib.contextmanager
    def _watching(self) -> Iterator[None]:
        """Let watchdog build and start again whenever a file is saved."""
        (running,) = self._list()
        program = self.client.program
        steps = [
            [program, *self._build_arguments()],
            [program, "rm", "-f", running],
            [program, *self._run_arguments(running)],
        ]
        command = [sys.executable, "-m", "benchmarks.contenders.watch_trigger", str(self.app.folder), json.dumps(steps)]
        trigger = subprocess.Popen(
            command,
            cwd=Path(__file__).resolve().parents[2],
            env=stopwatch.environment(self.client.environment),
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            if trigger.stdout is None or not trigger.stdout.readline():
                raise stopwatch.CommandFailed("the watchdog trigger did not start")
            yield
        finally:
            os.killpg(trigger.pid, signal.SIGTERM)
            trigger.communicate()

    def _build(self, *options: str) -> float:
        return self._docker(*self._build_arguments(*options))

    def _build_arguments(self, *options: str) -> list[str]:
        arguments = [f"--build-arg={name}" for name in HANDED_ON if os.environ.get(name)]
        if self.client.buildkit:
            arguments.append(f"--build-arg={NAMESPACE}={self.name}-{self._cold}")
        return ["build", *options, *arguments, "--tag", self.name, "."]

    def _start(self, started: float) -> float:
        self._containers += 1
        self._docker(*self._run_arguments(f"{self.name}-{self._containers}"))
        return stopwatch.until_answer(self._port, "localhost", self.app, started)

    def _run_arguments(self, container: str) -> list[str]:
        published = f"127.0.0.1:{self._port}:8000"
        variables = ["--env-file", ".env"] if (self.app.folder / ".env").is_file() else []
        return ["run", "-d", "--name", container, *variables, "-e", "PORT=8000", "-p", published, self.name]

    def _docker(self, *arguments: str) -> float:
        return self.client.run(*arguments, cwd=self.app.folder)

    def _remove_containers(self) -> None:
        found = self._list("--all")
        if found:
            self.client.ask("rm", "-f", *found)

    def _list(self, *options: str) -> list[str]:
        return self.client.ask("ps", *options, "--filter", f"name=^{self.name}-[0-9]+$", "--format", "{{.Names}}")
