"""Run a program and pass its output on line by line."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pybuild import output

Command = Sequence["str | Path"]
Rewrite = Callable[[str], "str | None"]
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class Finished:
    """How a program ended: its exit status and everything it wrote, less colours."""

    status: int
    log: str

    @property
    def ok(self) -> bool:
        return self.status == 0


def stream(command: Command, *, env: Mapping[str, str], cwd: Path, rewrite: Rewrite | None = None) -> Finished:
    """Run `command` and print what it writes, indented; `rewrite` changes a line or drops it (None)."""
    lines: list[str] = []
    with _start(command, env, cwd) as process:
        for line in process.stdout or ():
            lines.append(line)
            shown = rewrite(line.rstrip("\n")) if rewrite else line.rstrip("\n")
            if shown is not None:
                output.indented(shown)
    return Finished(process.returncode, _COLOURS.sub("", "".join(lines)))


def quiet(command: Command, *, env: Mapping[str, str], cwd: Path) -> Finished:
    """Run `command` and keep what it writes."""
    with _start(command, env, cwd) as process:
        log, _ = process.communicate()
    return Finished(process.returncode, log)


def _start(command: Command, env: Mapping[str, str], cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(part) for part in command],
        env={**env, "PWD": str(cwd)},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
