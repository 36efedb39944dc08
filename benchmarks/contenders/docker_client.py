"""The `docker` command: one for the classic builder, and one that can use the engine's BuildKit."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks import stopwatch
from benchmarks.contenders.contender import Unavailable

LAST_WITHOUT_BUILDX = 22
"""Later clients ask buildx for a build with BuildKit, earlier ones the engine itself."""


@dataclass(frozen=True)
class DockerClient:
    program: str
    buildkit: bool

    def run(self, *arguments: str, cwd: Path | None = None) -> float:
        return stopwatch.run([self.program, *arguments], cwd or Path.cwd(), self.environment)

    def ask(self, *arguments: str) -> list[str]:
        """Return the words it printed, none if it failed."""
        return self.answer(*arguments) or []

    def answer(self, *arguments: str) -> list[str] | None:
        """Return the words it printed; None if it failed."""
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, check=False)
        return done.stdout.split() if done.returncode == 0 else None

    @property
    def environment(self) -> dict[str, str]:
        return {"DOCKER_BUILDKIT": "1" if self.buildkit else "0"}


def classic() -> DockerClient:
    found = shutil.which("docker")
    if found is None:
        raise Unavailable("there is no docker command")
    return DockerClient(found, buildkit=False)


def with_buildkit() -> DockerClient:
    """Return the first on the PATH that needs no buildx, or has it."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    programs = [str(Path(folder, "docker")) for folder in folders if shutil.which("docker", path=folder)]
    for program in dict.fromkeys(programs):
        if _major(program) <= LAST_WITHOUT_BUILDX or _has_buildx(program):
            return DockerClient(program, buildkit=True)
    raise Unavailable("no docker command on the PATH has buildx or needs none")


def _major(program: str) -> int:
    found = DockerClient(program, buildkit=False).ask("version", "--format", "{{.Client.Version}}")
    return int(found[0].partition(".")[0]) if found else LAST_WITHOUT_BUILDX + 1


def _has_buildx(program: str) -> bool:
    return subprocess.run([program, "buildx", "version"], capture_output=True, check=False).returncode == 0
