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
    """`memory` in bytes; `engine` is Docker's version with its storage driver; `revision` is localku's.

    `disk` is the file system that the engine's data lie on.
    """

    system: str
    cores: int
    memory: int
    engine: str
    disk: str
    revision: str

    def __str__(self) -> str:
        memory = f"{self.memory / 2**30:.0f} GB"
        engine = f"Docker {self.engine} on {self.disk}"
        return f"{self.cores} cores, {memory}, {self.system}, {engine}, localku {self.revision}"

    @classmethod
    def of_this_machine(cls) -> MachineFacts:
        return cls(
            system=f"{platform.system()} {platform.release()} {platform.machine()}",
            cores=len(os.sched_getaffinity(0)),
            memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            engine=_said("docker", "info", "--format", "{{.ServerVersion}} ({{.Driver}})"),
            disk=_file_system(Path(_said("docker", "info", "--format", "{{.DockerRootDir}}"))),
            revision=_said("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        )


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _file_system(folder: Path) -> str:
    """Name it, and say where ext4 has no journal.

    There, making files is slow for up to six minutes after others were removed: their inodes are looked through and
    left alone (Linux, fs/ext4/ialloc.c, recently_deleted).
    """
    found = _said("findmnt", "--noheadings", "--output", "FSTYPE,SOURCE", "--target", str(folder))
    kind, _, source = found.partition(" ")
    if kind != "ext4":
        return kind
    options = Path("/proc/fs/ext4", Path(source.strip().partition("[")[0]).resolve().name, "options")
    has_journal = not options.is_file() or "data=" in options.read_text()
    return kind if has_journal else "ext4 without a journal, which makes what removes files slow"
