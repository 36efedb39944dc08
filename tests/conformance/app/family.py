"""A parent that listens and ends when it is told to, and its children: `python family.py orphan deaf`.

An orphan has a session of its own and ends when told to as well; a deaf one only says that it was told.
"""

import os
import signal
import socket
import sys
import time
from types import FrameType


def live(name: str, *, ends: bool) -> None:
    """Say so when SIGTERM comes, and end, or not."""

    def told(_number: int, _frame: FrameType | None) -> None:
        os.write(1, f"{name} got TERM\n".encode())  # in one piece, as others write at the same time
        if ends:
            sys.exit(0)

    signal.signal(signal.SIGTERM, told)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    while True:
        time.sleep(1)


signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until there is a handler for it
for kind in sys.argv[1:]:
    if os.fork() == 0:
        if kind == "orphan":
            os.setsid()
        live(kind, ends=kind != "deaf")
server = socket.create_server(("0.0.0.0", int(os.environ["PORT"])))
live("parent", ends=True)
