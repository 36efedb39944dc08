"""Seconds that commands take, and seconds until an app answers."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

ANSWER_SECONDS = 120.0
EVERY = 0.01
"""Seconds between two requests while an app comes up."""


GOOD, BAD = 200, 400
"""A page of somebody's own app may lead on to another."""


class CommandFailed(Exception):
    """The message: what was done, and below it what was said."""

    @property
    def reason(self) -> str:
        """Its last line."""
        return str(self).strip().splitlines()[-1]


def environment(changes: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **changes}


def run(command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> float:
    """Return the seconds it took. Raise CommandFailed with its output."""
    started = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise CommandFailed(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}")
    return seconds


class Page(Protocol):
    """What is asked for, and what an answer shows: the newest edition, and by which process, where pages tell it."""

    page: str
    note: str

    def process(self, page: str) -> str | None: ...


def until_answer(port: int, host: str, of: Page, started: float, *, but_not_from: str | None = None) -> float:
    """Return the seconds from `started` to the first answer with the newest note, and not from that process."""
    status, page = 0, ""
    while time.perf_counter() - started < ANSWER_SECONDS:
        status, page = get(port, host, of.page)
        seconds = time.perf_counter() - started
        if GOOD <= status < BAD and of.note in page and (but_not_from is None or of.process(page) != but_not_from):
            return seconds
        time.sleep(EVERY)
    raise CommandFailed(f"No 200 with `{of.note}` from port {port} in {ANSWER_SECONDS:.0f} s; last: {status}\n{page}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int, host: str, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()
