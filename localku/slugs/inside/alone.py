"""Ends everything else that runs in a container. `__main__` alone hands it on: elsewhere others would be meant.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress

EVERYBODY = -1
"""Whom one may signal, less init and oneself (kill(2), Linux notes)."""


def end_others() -> None:
    with suppress(ProcessLookupError):  # there is nobody
        os.kill(EVERYBODY, signal.SIGKILL)
