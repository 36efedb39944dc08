"""What the driver is sent on its standard input: an order, then archives, each with its length before it.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

import errno
import json
import os
import select
import subprocess
import sys
from typing import Any

LENGTH = 8
"""Bytes of a length, the highest first."""

PIECE = 1024 * 1024

PATIENCE = 900.0
"""Seconds to wait for an order."""


class Intake:
    """Reads the file descriptor `source`, which stays open until nobody wants the build any more."""

    def __init__(self, source: int) -> None:
        self._source = source

    @classmethod
    def of_standard_input(cls) -> Intake:
        """Take standard input for itself: programs of the build find nothing there."""
        source, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        return cls(source)

    def waits(self) -> bool:
        """Whether nothing has come yet."""
        return not select.select([self._source], [], [], 0)[0]

    def order(self) -> dict[str, Any] | None:
        """Wait for the order; None where nobody gives one."""
        if not select.select([self._source], [], [], PATIENCE)[0]:
            return None
        text = self._exactly(self._length())
        order: dict[str, Any] | None = json.loads(text) if text else None
        return order

    def answer(self) -> dict[str, Any]:
        """Wait for what was asked for."""
        answer: dict[str, Any] = json.loads(self._exactly(self._length()))
        return answer

    def unpack(self, folder: str) -> None:
        """Unpack the next archive as whoever we are, its modes and times kept; what tar says of it is printed."""
        left = self._length()
        command = ["tar", "--extract", "--preserve-permissions", "--no-same-owner", "--directory", folder, "--file=-"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as tar:
            pipe = tar.stdin
            while left > 0 and (piece := os.read(self._source, min(left, PIECE))):
                left -= len(piece)
                try:
                    if pipe:
                        pipe.write(piece)
                except BrokenPipeError:
                    pipe = None
            _, said = tar.communicate()
        if tar.returncode != 0 or left > 0:
            sys.stdout.write(said.decode(errors="replace"))
            sys.stdout.flush()
            raise OSError(errno.EIO, f"could not unpack what was sent: tar ended with {tar.returncode}")

    def until_let_go(self) -> None:
        """Wait until nobody needs what has been built any more."""
        while os.read(self._source, PIECE):
            continue

    def _length(self) -> int:
        return int.from_bytes(self._exactly(LENGTH), "big")

    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size and (piece := os.read(self._source, size - len(parts))):
            parts += piece
        return bytes(parts) if len(parts) == size else b""
