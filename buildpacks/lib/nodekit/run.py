"""Run a program, show what it prints, keep what it printed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Finished:
    """`output` is stdout and stderr together, in the order they came."""

    command: str
    status: int
    output: str

    @property
    def ok(self) -> bool:
        return self.status == 0


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    show: Callable[[str], bool] = lambda _line: True,
) -> Finished:
    """Run to the end, printing each line indented while it runs, unless `show(line)` says no."""
    kept: list[str] = []
    sys.stdout.flush()
    try:
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env={**env, "PWD": str(cwd)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as exc:
        return Finished(" ".join(command), 127, f"{command[0]}: {exc.strerror}")
    with process:
        for line in process.stdout or ():
            kept.append(line)
            if show(line):
                print(f"       {line.rstrip()}".rstrip(), flush=True)
    return Finished(" ".join(command), process.returncode, "".join(kept))
