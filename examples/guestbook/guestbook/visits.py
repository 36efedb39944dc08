"""A counter in a file: what the ephemeral filesystem is bad at.

The file belongs to one dyno. A second web dyno counts its own visits, and every
restart, deploy and config change starts again at one.
"""

import fcntl
from pathlib import Path

COUNTER = Path("visit-counter")


def read() -> int:
    try:
        return int(COUNTER.read_text() or 0)
    except FileNotFoundError:
        return 0


def count() -> int:
    """Add one visit and return the new number."""
    with COUNTER.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        visits = int(file.read() or 0) + 1
        file.truncate(0)
        file.write(str(visits))
    return visits
