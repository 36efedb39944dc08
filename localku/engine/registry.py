"""Whether an image registry answers; asked rarely and quickly, for the answer decides how a build starts."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from pathlib import Path

from localku import paths

ADDRESS = "https://registry-1.docker.io/v2/"
"""Docker Hub, where `heroku/heroku` and `postgres` are. It answers 401 to those who do not log in."""
SECONDS = 2.0
"""How long it may take, the name look-up included."""
REMEMBERED = {True: 3600.0, False: 300.0}
"""Seconds an answer holds: a registry that was there tends to stay, one that was not may have come."""


def answers() -> bool:
    """Ask, or repeat the last answer while it holds."""
    memory = paths.cache() / "registry.json"
    known = _recall(memory)
    if known is None:
        known = _ask()
        with contextlib.suppress(OSError):
            memory.write_text(json.dumps({"answers": known, "at": time.time()}))
    return known


def _recall(memory: Path) -> bool | None:
    try:
        row = json.loads(memory.read_text())
        answer, age = bool(row["answers"]), time.time() - float(row["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return answer if 0 <= age < REMEMBERED[answer] else None


def _ask() -> bool:
    """In a thread of its own, for a name look-up has no time limit."""
    import urllib.error  # not at the start, TLS comes with it: the last answer mostly holds
    import urllib.request

    heard: list[bool] = []

    def ask() -> None:
        try:
            urllib.request.urlopen(ADDRESS, timeout=SECONDS).close()
        except urllib.error.HTTPError:
            heard.append(True)
        except (OSError, ValueError):
            heard.append(False)
        else:
            heard.append(True)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(SECONDS)
    return bool(heard and heard[0])
