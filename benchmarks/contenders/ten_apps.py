"""Apps that localku builds one after another, and the bytes of the engine's disk that they take."""

from __future__ import annotations

from pathlib import Path

from benchmarks.contenders.engine_disk import EngineDisk
from benchmarks.contenders.localku import Localku
from benchmarks.contenders.localku_command import LocalkuCommand
from benchmarks.samples import Ballast, Sample

NUMBER = 10


class TenApps:
    """In a state folder of their own; each has another program and the same few dependencies."""

    def __init__(self, folder: Path, command: LocalkuCommand, disk: EngineDisk, name: str) -> None:
        self._command = command
        self._disk = disk
        self._folder = folder
        self._name = name
        self._apps: list[Localku] = []

    def prepare(self) -> None:
        for number in range(NUMBER):
            app = Ballast(self._folder / f"{Sample.SMALL_SLUG.value}-{number}", megabytes=1, seed=number)
            self._apps.append(Localku(app, self._command, f"{self._name}-{number}"))
            self._apps[-1].prepare()

    def disk(self) -> float:
        """Bytes of all layers above the stack's, of volumes and of what containers wrote."""
        return self._disk.used(self._command.label)

    def own_layers(self) -> float:
        """Bytes of the layers above the stack's, app by app, as if none had any in common."""
        return sum(self._disk.own_layers(f"localku/{self._name}-{number}:latest") for number in range(NUMBER))

    def close(self) -> None:
        for one in self._apps:
            one.close()
