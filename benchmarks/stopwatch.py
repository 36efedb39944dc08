"""Seconds that commands take, and seconds until an app answers."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ANSWER_SECONDS = 120.0
EVERY = 0.01
"""Seconds between two requests while an app comes up."""


class CommandFailed(Exception):
    pass


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


def until_answer(port: int, host: str, wanted: str, started: float) -> float:
    """Return the seconds from `started` to the first 200 whose page holds `wanted`."""
    while time.perf_counter() - started < ANSWER_SECONDS:
        status, page = _get(port, host)
        if status == http.client.OK and wanted in page:
            return time.perf_counter() - started
        time.sleep(EVERY)
    raise CommandFailed(f"No 200 with `{wanted}` from port {port} in {ANSWER_SECONDS:.0f} s; last: {status}\n{page}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _get(port: int, host: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()
