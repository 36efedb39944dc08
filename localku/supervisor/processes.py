"""The processes inside a dyno."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localku.engine.containers import Containers

_LIST = r"""for process in /proc/[0-9]*; do
  while read -r key value; do
    case $key in Name:) name=$value ;; PPid:) printf '%s %s %s\n' "${process#/proc/}" "$value" "$name"; break ;; esac
  done 2>/dev/null <"$process/status"
done"""

INIT = 1
DEPTH_OF_COMMAND = 2
"""Generations from init to the command of the process type, with the shell that waits for all between them."""


@dataclass(frozen=True)
class Running:
    pid: int
    parent: int
    program: str


def listed(output: str) -> tuple[Running, ...]:
    """Read lines of pid, parent's pid and name."""
    rows = (line.split(" ", 2) for line in output.splitlines() if line.count(" ") > 1)
    return tuple(sorted((Running(int(pid), int(parent), name) for pid, parent, name in rows), key=lambda one: one.pid))


def beside_first(containers: Containers, container: str) -> tuple[Running, ...]:
    """The processes that the dyno's first one has started, and those which they have."""
    done = containers.exec(container, ["/bin/bash", "-c", _LIST])
    return below_first(listed(done.output.decode(errors="replace")))


def below_first(processes: tuple[Running, ...]) -> tuple[Running, ...]:
    """Leave out init, the shell that waits for all, and the command itself; and what the engine started inside."""
    parents = {one.pid: one.parent for one in processes}
    return tuple(one for one in processes if _depth(one.pid, parents) > DEPTH_OF_COMMAND)


def _depth(pid: int, parents: dict[int, int]) -> int:
    """Generations below init; 0 for what is not."""
    generations = 0
    while pid != INIT:
        if pid not in parents:
            return 0
        pid, generations = parents[pid], generations + 1
    return generations
