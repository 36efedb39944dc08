"""One connection: no byte is missed, and the socket is left alone when nobody reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import pytest

from localku.router.connection import READ_AHEAD, Connection


class Socket:
    """A transport that remembers what was asked of it."""

    def __init__(self) -> None:
        self.reading = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


def on(test: Callable[[Connection, Socket], Awaitable[None]]) -> None:
    async def run() -> None:
        connection, socket = Connection(1000), Socket()
        connection.transport = cast("asyncio.Transport", socket)
        await asyncio.wait_for(test(connection, socket), 5)

    asyncio.run(run())


def test_bytes_that_came_before_the_wait_are_not_missed() -> None:
    async def test(connection: Connection, _: Socket) -> None:
        connection.data_received(b"all there will be")
        assert await connection.fill()

    on(test)


def test_the_last_bytes_come_before_the_end() -> None:
    async def test(connection: Connection, _: Socket) -> None:
        connection.data_received(b"last")
        connection.eof_received()
        assert await connection.fill()
        assert not await connection.fill()
        assert connection.buffer == b"last"

    on(test)


def test_reading_pauses_while_nobody_takes_and_resumes_when_somebody_does() -> None:
    async def test(connection: Connection, socket: Socket) -> None:
        connection.data_received(b"x" * (READ_AHEAD + 1))
        assert not socket.reading
        assert await connection.fill()
        assert not socket.reading
        connection.buffer.clear()
        with pytest.raises(TimeoutError):
            await connection.fill(0.01)
        assert socket.reading

    on(test)


def test_a_lost_connection_ends_every_wait() -> None:
    async def test(connection: Connection, _: Socket) -> None:
        ends: list[str] = []
        connection.on_end = lambda: ends.append("end")
        connection.pause_writing()
        asyncio.get_running_loop().call_soon(connection.connection_lost, None)
        await connection.drain()
        assert not await connection.fill()
        connection.connection_lost(None)
        assert ends == ["end"]

    on(test)
