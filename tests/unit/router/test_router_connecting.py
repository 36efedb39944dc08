"""Connecting: at once, later, refused, given up."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from collections.abc import Callable

import pytest

from localku.router.connecting import NewConnection, connected
from localku.router.router_server import fastest_loop

NewLoop = Callable[[], asyncio.AbstractEventLoop]


def test_connected_and_refused() -> None:
    async def run(host: str, port: int) -> tuple[str, int]:
        made = await connected(host, port, 5.0)
        peer: tuple[str, int] = made.getpeername()[:2]
        made.close()
        return peer

    for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        with socket.create_server((host, 0), family=family) as door:
            address = door.getsockname()[:2]
            assert asyncio.run(run(*address)) == address
        with pytest.raises(ConnectionRefusedError):
            asyncio.run(run(*address))


class Slow(socket.socket):
    """Its connection is under way for a while."""

    result = 0

    def connect_ex(self, _: object) -> int:
        return errno.EINPROGRESS

    def getsockopt(self, *_: object) -> int:  # type: ignore[override]
        return self.result


@pytest.mark.parametrize("result", [0, errno.EHOSTUNREACH])
def test_one_that_takes_its_time(monkeypatch: pytest.MonkeyPatch, result: int) -> None:
    monkeypatch.setattr(Slow, "result", result)
    monkeypatch.setattr(socket, "socket", Slow)
    if result:
        with pytest.raises(OSError, match="No route to host"):
            asyncio.run(connected("127.0.0.1", 1, 5.0))
    else:
        asyncio.run(connected("127.0.0.1", 1, 5.0)).close()


def accepted(door: socket.socket) -> tuple[socket.socket, tuple[str, int]]:
    made, address = door.accept()
    made.settimeout(5)
    return made, address


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, fastest_loop()])
@pytest.mark.parametrize("size", [100, 8_000_000])
def test_what_is_written_before_there_is_a_transport_comes_whole_and_first(new_loop: NewLoop, size: int) -> None:
    """Also where the socket takes a part of it only, and a transport the rest."""

    async def run(door: socket.socket) -> bytes:
        connection = NewConnection(await connected("127.0.0.1", door.getsockname()[1], 5.0))
        connection.write(b"a" * size)
        connection.write(b"b")
        dyno, _ = accepted(door)
        assert dyno.recv(1, socket.MSG_PEEK) == b"a"  # before anything else has happened
        reading = asyncio.create_task(asyncio.to_thread(read, dyno, size + 2))
        await connection.attached()
        connection.write(b"c")
        got = await reading
        dyno.sendall(b"answer")
        assert await connection.fill()
        assert connection.buffer == b"answer"
        dyno.close()
        assert not await connection.fill()
        connection.abort()
        return got

    with socket.create_server(("127.0.0.1", 0)) as door, asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(run(door)) == b"a" * size + b"bc"


def read(dyno: socket.socket, size: int) -> bytes:
    got = bytearray()
    while len(got) < size and (piece := dyno.recv(1 << 20)):
        got += piece
    return bytes(got)


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, fastest_loop()])
@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
def test_given_up_before_there_is_a_transport(new_loop: NewLoop, rounds: int) -> None:
    """However far the event loop has come by then, the dyno sees the end and no descriptor stays open."""

    async def run(door: socket.socket) -> None:
        made = await connected("127.0.0.1", door.getsockname()[1], 5.0)
        connection = NewConnection(made)
        connection.write(b"a")
        dyno, _ = accepted(door)
        if rounds:
            task = asyncio.ensure_future(connection.attached())
            for _ in range(rounds - 1):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait((task,))
        connection.abort()
        await asyncio.sleep(0.01)
        assert made.fileno() == -1
        assert read(dyno, 2) == b"a"
        dyno.close()

    with socket.create_server(("127.0.0.1", 0)) as door, asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(run(door))


def test_a_dyno_that_resets_at_once_is_one_that_has_ended() -> None:
    async def run(door: socket.socket) -> None:
        connection = NewConnection(await connected("127.0.0.1", door.getsockname()[1], 5.0))
        dyno, _ = accepted(door)
        dyno.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        dyno.close()
        connection.write(b"a")
        await connection.attached()
        assert not await connection.fill()
        connection.abort()

    with socket.create_server(("127.0.0.1", 0)) as door:
        for new_loop in (asyncio.new_event_loop, fastest_loop()):
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(run(door))
