"""On what a run was taken."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class MachineFacts:
    """`memory` in bytes; `engine` is Docker's version with its storage driver; `revision` is localku's."""

    system: str
    cores: int
    memory: int
    engine: str
    revision: str

    def __str__(self) -> str:
        memory = f"{self.memory / 2**30:.0f} GB"
        return f"{self.cores} cores, {memory}, {self.system}, Docker {self.engine}, localku {self.revision}"

    @classmethod
    def of_this_machine(cls) -> MachineFacts:
        return cls(
            system=f"{platform.system()} {platform.release()} {platform.machine()}",
            cores=len(os.sched_getaffinity(0)),
            memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            engine=_said("docker", "info", "--format", "{{.ServerVersion}} ({{.Driver}})"),
            revision=_said("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        )


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
