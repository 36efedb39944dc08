"""The Dockerfile beside this module, through the plain `docker` command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from benchmarks import stopwatch
from benchmarks.contenders.contender import Unavailable
from benchmarks.world import App
from localku.slugs import host_settings

NAME = "localku-bench-dockerfile"
DOCKERFILE = Path(__file__).with_name("Dockerfile")
HANDED_ON = ("NPM_CONFIG_REGISTRY", "PIP_INDEX_URL")
_IGNORED = ".git\nnode_modules\nassets/vendor\nstaticfiles\n"


class Dockerfile:
    name = "Dockerfile"

    def __init__(self, app: App) -> None:
        if shutil.which("docker") is None:
            raise Unavailable("there is no docker command")
        self._app = app
        self._port = stopwatch.free_port()
        shutil.copy(DOCKERFILE, app.folder)
        (app.folder / ".dockerignore").write_text(_IGNORED)
        (app.folder / "ca-certificates.crt").write_bytes(host_settings.certificates() or b"")

    def prepare(self) -> None:
        self._remove_container()
        self._build()

    def cold_build(self) -> float:
        return self._build("--no-cache")

    def unchanged_build(self) -> float:
        return self._build()

    def one_line_build(self) -> float:
        self._app.change_one_line()
        return self._build()

    def up(self) -> float:
        self._remove_container()
        return self._start(time.perf_counter())

    def reset(self) -> float:
        if not self._runs():
            self.up()
        started = time.perf_counter()
        self._docker("rm", "-f", NAME)
        return self._start(started)

    def close(self) -> None:
        self._remove_container()
        subprocess.run(["docker", "rmi", "-f", NAME], capture_output=True, check=False)

    def _build(self, *options: str) -> float:
        arguments = [f"--build-arg={name}" for name in HANDED_ON if os.environ.get(name)]
        return self._docker("build", *options, *arguments, "--tag", NAME, ".")

    def _start(self, started: float) -> float:
        published = f"127.0.0.1:{self._port}:8000"
        self._docker("run", "-d", "--name", NAME, "-e", "PORT=8000", "-p", published, NAME)
        return stopwatch.until_answer(self._port, "localhost", self._app.note, started)

    def _docker(self, *arguments: str) -> float:
        return stopwatch.run(["docker", *arguments], self._app.folder, {"DOCKER_BUILDKIT": "0"})

    def _remove_container(self) -> None:
        if self._runs():
            self._docker("rm", "-f", NAME)

    def _runs(self) -> bool:
        found = subprocess.run(["docker", "container", "inspect", NAME], capture_output=True, check=False)
        return found.returncode == 0
