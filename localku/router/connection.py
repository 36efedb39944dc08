"""One TCP or TLS connection, to a client or to a dyno, with backpressure in both directions."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

READ_AHEAD = 64 * 1024  # bytes that may wait unread before the socket is left alone
MOST = 256 * 1024  # the same while somebody is about to take them; asyncio reads so many at once, uvloop more


@dataclass
class Splice:
    """Bytes that go to another connection as they come: `left` more of them. `moved` hears of each piece."""

    target: Connection
    left: int
    moved: Callable[[int], None]

    @property
    def halted(self) -> bool:
        return self.target.jammed or self.target.lost

    def take(self, data: bytes) -> bytes:
        """Pass on what belongs there and return the rest."""
        piece, rest = (data, b"") if len(data) <= self.left else (data[: self.left], data[self.left :])
        self.left -= len(piece)
        self.target.write(piece)
        self.moved(len(piece))
        return rest


class Connection(asyncio.Protocol):
    """Bytes that came in wait in `buffer`; whoever takes them out calls `fill()` for more.

    `ended`: no more bytes will come. `lost`: nothing can be written either. `activity`: when bytes
    last came in or went out again after a jam, in the event loop's time. `on_end` is called once. `on_bytes` hears of
    bytes first, and says whether they are looked after, so that nobody who waits for them need be woken.
    """

    def __init__(
        self, write_ahead: int, relieved: Callable[[asyncio.AbstractEventLoop], None] = lambda _loop: None
    ) -> None:
        """`relieved` is called when what had filled `write_ahead` has been sent or thrown away."""
        self.buffer = bytearray()
        self.ended = False
        self.lost = False
        self.activity = 0.0
        self.on_end: Callable[[], None] | None = None
        self.on_bytes: Callable[[], bool] | None = None
        self._write_ahead = write_ahead
        self._relieved = relieved
        self._loop = asyncio.get_running_loop()
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._reading = True
        self._half_closes = False
        self._fresh = False  # bytes came that no `fill()` has told of
        self._splice: Splice | None = None
        self.transport: asyncio.Transport

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass of it
        self._half_closes = self.transport.can_write_eof()  # TLS does not
        self.transport.set_write_buffer_limits(high=self._write_ahead)
        self.activity = self._loop.time()

    def data_received(self, data: bytes) -> None:
        self.activity = self._loop.time()
        if self._splice is not None:
            self._pass_on(self._splice, data)
            return
        self.buffer += data
        self._fresh = True
        reader = self._reader
        if (self.on_bytes is None or not self.on_bytes()) and reader is not None and not reader.done():
            reader.set_result(None)
        if self._reading and len(self.buffer) > (READ_AHEAD if reader is None else MOST):
            self._reading = False
            self.transport.pause_reading()

    def _pass_on(self, splice: Splice, data: bytes) -> None:
        self.buffer += splice.take(data)
        if splice.left and not splice.halted:
            return
        self._fresh = True
        if self._reading and splice.halted:
            self._reading = False
            self.transport.pause_reading()
        if self.on_bytes is None or not self.on_bytes():
            self.wake()

    def eof_received(self) -> bool:
        self._end()
        return self._half_closes

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.lost = True
        if self._writer is not None:
            self._relieved(self._loop)
            if not self._writer.done():
                self._writer.set_result(None)
        self._end()

    def pause_writing(self) -> None:
        self._writer = self._loop.create_future()

    def resume_writing(self) -> None:
        self.activity = self._loop.time()
        if self._writer is not None and not self._writer.done():
            self._writer.set_result(None)
            self._relieved(self._loop)
        self._writer = None

    # What the router calls

    async def fill(self, within: float | None = None) -> bool:
        """Wait for bytes in `buffer` that came since the last call; False if none will ever come.

        Bytes that came while the caller waited for something else count, so none can be missed.
        Raises TimeoutError after `within` seconds.
        """
        if self._fresh or self.ended:
            return self._seen()
        self._reader = self._loop.create_future()
        self.read_on()
        timer = None if within is None else self._loop.call_later(within, self.expire)
        try:
            await self._reader
        finally:
            self._reader = None
            if timer is not None:
                timer.cancel()
        return self._seen()

    def read_on(self) -> None:
        """Read from the socket again, if that was left alone."""
        if not self._reading:
            self._reading = True
            self.transport.resume_reading()

    async def forward(self, target: Connection, size: int, moved: Callable[[int], None]) -> None:
        """Write the next `size` bytes to `target` as they come, no faster than it reads.

        Fewer if no more come, or nobody takes them. They pass `buffer` by, which must be empty: a large body
        is copied twice less, and wakes no task.
        """
        splice = self.splice(target, size, moved)
        try:
            while splice.left and not self.ended and not target.lost:
                await target.drain()
                await self.fill()
        finally:
            self.unsplice()

    def splice(self, target: Connection, size: int, moved: Callable[[int], None]) -> Splice:
        """From now on, write the next `size` bytes to `target` as they come."""
        self._splice = Splice(target, size, moved)
        return self._splice

    def unsplice(self) -> None:
        self._splice = None

    def _seen(self) -> bool:
        fresh, self._fresh = self._fresh, False
        return fresh

    def write(self, data: bytes) -> None:
        if not self.lost:
            self.transport.write(data)

    @property
    def jammed(self) -> bool:
        """Whether the other side reads more slowly than we write."""
        return self._writer is not None and not self.lost

    async def drain(self) -> None:
        """Wait until the other side has read enough to be sent more, or is gone."""
        if self._writer is not None and not self.lost:
            await asyncio.shield(self._writer)

    async def eased(self, seconds: float) -> None:
        """Wait as `drain()` does; close the connection once nothing has been read for so many seconds."""
        while self.jammed:
            unsent = self.unsent()
            try:
                async with asyncio.timeout(seconds):
                    await self.drain()
            except TimeoutError:
                if self.unsent() == unsent:
                    self.abort()

    def unsent(self) -> int:
        """Bytes that were written and are still in this process."""
        return 0 if self.lost else self.transport.get_write_buffer_size()

    def finish(self) -> None:
        """Say that nothing more will be written; what was written still goes out."""
        if self.lost or self.transport.is_closing():
            return
        if self._half_closes:
            with contextlib.suppress(OSError):  # a reset that asyncio has not told us of yet
                self.transport.write_eof()
        else:
            self.transport.close()

    def close(self, seconds: float) -> None:
        """Close once everything written is sent, or after so many seconds."""
        if self.lost or self.transport.is_closing():  # to close a TLS transport twice breaks it
            return
        self.transport.close()
        if self.unsent():
            self._loop.call_later(seconds, self.transport.abort)

    def abort(self) -> None:
        """Close now, so that the other side can see that something is missing."""
        if not self.lost:
            self.transport.abort()

    def wake(self) -> None:
        """End the wait of `fill()`, if there is one, as if bytes had come."""
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def expire(self) -> None:
        """End the wait of `fill()`, if there is one, with a TimeoutError."""
        if self._reader is not None and not self._reader.done():
            self._reader.set_exception(TimeoutError())

    def _end(self) -> None:
        if self.ended:
            return
        self.ended = True
        self.wake()
        if self.on_end is not None:
            self.on_end()
