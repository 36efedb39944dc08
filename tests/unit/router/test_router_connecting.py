"""Connecting: at once, later, refused, given up."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
import time
from collections.abc import Callable

import pytest

from localku.router.http1.bodies import take
from localku.router.opening.bare_sockets import BareSockets
from localku.router.opening.connecting import Attempt
from localku.router.opening.new_connection import NewConnection
from localku.router.router_server import fastest_loop

NewLoop = Callable[[], asyncio.AbstractEventLoop]


def test_connected_and_refused() -> None:
    async def run(host: str, port: int) -> tuple[str, int]:
        made = await Attempt(host, port).finished(5.0)
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
            asyncio.run(Attempt("127.0.0.1", 1).finished(5.0))
    else:
        asyncio.run(Attempt("127.0.0.1", 1).finished(5.0)).close()


def accepted(door: socket.socket) -> tuple[socket.socket, tuple[str, int]]:
    made, address = door.accept()
    made.settimeout(5)
    return made, address


LOOPS = pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, fastest_loop()], ids=["asyncio", "fastest"])


@LOOPS
@pytest.mark.parametrize("size", [100, 8_000_000])
def test_what_is_written_before_there_is_a_transport_comes_whole_and_first(new_loop: NewLoop, size: int) -> None:
    """Also where the socket takes a part of it only, and a transport the rest."""

    async def run(door: socket.socket) -> bytes:
        connection = NewConnection(await Attempt("127.0.0.1", door.getsockname()[1]).finished(5.0), BareSockets())
        connection.write(b"a" * size)
        connection.write(b"b")
        dyno, _ = accepted(door)
        assert dyno.recv(1, socket.MSG_PEEK) == b"a"  # before anything else has happened
        answering = asyncio.create_task(asyncio.to_thread(answer, dyno, size + 2))
        await connection.attached()
        connection.write(b"c")
        got = b""
        while await connection.fill():
            got += take(connection.buffer, len(connection.buffer))
        connection.abort()
        assert got == b"first" + b"rest" * 10_000
        return await answering

    with socket.create_server(("127.0.0.1", 0)) as door, asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(run(door)) == b"a" * size + b"bc"


def answer(dyno: socket.socket, asked: int) -> bytes:
    """Read so much, and answer in pieces."""
    got = read(dyno, asked)
    dyno.sendall(b"first")
    time.sleep(0.02)
    dyno.sendall(b"rest" * 10_000)
    dyno.close()
    return got


def read(dyno: socket.socket, size: int) -> bytes:
    got = bytearray()
    while len(got) < size and (piece := dyno.recv(1 << 20)):
        got += piece
    return bytes(got)


@LOOPS
@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
def test_given_up_before_there_is_a_transport(new_loop: NewLoop, rounds: int) -> None:
    """However far the event loop has come by then, the dyno sees the end and no descriptor stays open."""

    async def run(door: socket.socket) -> None:
        made = await Attempt("127.0.0.1", door.getsockname()[1]).finished(5.0)
        connection = NewConnection(made, BareSockets())
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


@LOOPS
@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
def test_a_dyno_that_resets_is_one_that_has_ended(new_loop: NewLoop, rounds: int) -> None:
    """However far the event loop has come by then."""

    async def run(door: socket.socket) -> None:
        made = await Attempt("127.0.0.1", door.getsockname()[1]).finished(5.0)
        connection = NewConnection(made, BareSockets())
        dyno, _ = accepted(door)
        dyno.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        attaching = asyncio.ensure_future(connection.attached())
        for _ in range(rounds):
            await asyncio.sleep(0)
        dyno.close()
        connection.write(b"a")
        await attaching
        assert not await connection.fill()
        connection.abort()
        await asyncio.sleep(0.01)
        assert made.fileno() == -1

    with socket.create_server(("127.0.0.1", 0)) as door, asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(run(door))


@LOOPS
@pytest.mark.parametrize("reset", [True, False])
def test_a_bare_socket_is_heard_to_its_end(new_loop: NewLoop, reset: bool) -> None:
    async def run(door: socket.socket) -> None:
        sockets = BareSockets()
        made = await Attempt("127.0.0.1", door.getsockname()[1]).finished(5.0)
        connection = NewConnection(made, sockets)
        dyno, _ = accepted(door)
        assert connection.heard()
        for piece in (b"first", b"x" * 50_000, b"last"):
            dyno.sendall(piece)
            while not connection.buffer.endswith(piece):
                assert await connection.fill(5.0)
        if reset:
            dyno.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        dyno.close()
        assert not await connection.fill(5.0)
        assert connection.lost == reset
        assert len(connection.buffer) == 50_009
        await connection.attached()
        connection.abort()
        await asyncio.sleep(0.01)
        assert made.fileno() == -1
        sockets.close()

    with socket.create_server(("127.0.0.1", 0)) as door, asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(run(door))


def test_one_that_ends_another_in_the_same_look() -> None:
    """What was found readable together is not heard any more once it is removed."""

    async def run() -> list[str]:
        sockets, pairs, heard = BareSockets(), [socket.socketpair() for _ in range(2)], []

        def ends(name: str) -> Callable[[], None]:
            def readable() -> None:
                heard.append(name)
                for one in pairs:
                    sockets.remove(one[0].fileno())

            return readable

        for name, (ours, theirs) in zip("ab", pairs, strict=True):
            sockets.add(ours.fileno(), ends(name))
            theirs.send(b"x")
        await asyncio.sleep(0.02)
        sockets.close()
        for ours, theirs in pairs:
            ours.close()
            theirs.close()
        return heard

    assert len(asyncio.run(run())) == 1
