"""The latency of requests through the router, by wrk."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from benchmarks.router.load import percentile

if TYPE_CHECKING:
    from support.noisy import Noisy


def p99(app: Noisy, seconds: int) -> float:
    """In milliseconds, of two clients that ask all the time."""
    url = f"http://127.0.0.1:{app.port}/"
    command = ["wrk", "-t1", "-c2", f"-d{seconds}s", "--latency", "-H", f"Host: {app.folder.name}.localhost", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if re.search("Non-2xx", said):
        raise SystemExit(f"it answered with errors:\n{said}")
    return percentile(said, 99)
