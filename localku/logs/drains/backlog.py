"""What a drain has yet to send: lines of the app's log, as many as Logplex's buffer holds."""

from __future__ import annotations

import uuid
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from localku.errors import LocalkuError
from localku.logs.drains import frames
from localku.logs.drains.senders import Batch, Sender
from localku.logs.line import parse

if TYPE_CHECKING:
    from localku.clock import Clock
    from localku.logs.cursor import Cursor, Position

BUFFER = 1_024
"""Messages a drain's buffer holds (Logplex's source, `http_drain_buffer_size`)."""

BATCH_BYTES = 102_400
"""The most one POST carries (Logplex's source, `http_drain_target_bytes`)."""


@dataclass(frozen=True)
class Loss:
    """So many messages that found no room, since then."""

    dropped: int
    since: datetime


@dataclass(frozen=True)
class Due:
    """A batch, the place in the log after it, and what was lost before it."""

    batch: Batch
    end: Position
    loss: Loss | None


class Backlog:
    def __init__(self, cursor: Cursor, sender: Sender, clock: Clock) -> None:
        self._cursor = cursor
        self._sender = sender
        self._clock = clock
        self._waiting: deque[tuple[bytes, Position]] = deque()
        self._passed: Position | None = None
        self._loss: Loss | None = None

    @property
    def loss(self) -> Loss | None:
        """What was lost and has not been told to the receiver yet."""
        return self._loss

    def fill(self, *, blocked: bool) -> None:
        """Read on in the log. While the receiver is `blocked`, the oldest of more than 1,024 messages are lost."""
        for row in self._cursor.read(None if blocked else BUFFER - len(self._waiting)):
            self._lose(row.lost)
            self._add(row.text, row.end)
        while blocked and len(self._waiting) > BUFFER:
            self._waiting.popleft()
            self._lose(1)

    def take(self) -> Due | None:
        """The next batch, of at most 102,400 bytes; L10 goes first where something was lost."""
        loss, self._loss = (self._loss, None) if self._waiting else (None, self._loss)
        parts = [self._sender.frame(frames.overflow(loss.dropped, loss.since, self._clock.now()))] if loss else []
        size, end = sum(map(len, parts)), None
        while self._waiting and (not parts or size + len(self._waiting[0][0]) <= BATCH_BYTES):
            frame, end = self._waiting.popleft()
            parts.append(frame)
            size += len(frame)
        if end is None:
            return None
        return Due(Batch(uuid.uuid4().hex.upper(), len(parts), b"".join(parts)), end, loss)

    def close(self) -> None:
        self._cursor.close()

    def _add(self, text: bytes, end: Position) -> None:
        self._passed = end
        try:
            line = parse(text.decode("utf-8", "replace"))
        except LocalkuError:
            return  # the beginning of a line whose writer was killed
        if frames.carried(line):
            self._waiting.append((self._sender.frame(line), end))

    def _lose(self, number: int) -> None:
        if number:
            since = self._loss.since if self._loss else self._clock.now()
            self._loss = Loss((self._loss.dropped if self._loss else 0) + number, since)
