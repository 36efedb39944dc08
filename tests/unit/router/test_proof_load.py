"""Many clients, slow clients and very large bodies, against a router in a process of its own."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Thread
from typing import Self

import pytest
from proof_process import Apart
from router_kit import OK, Client, Dyno, Reader, Writer, request, says, wait_until

from localku.router.router_limits import raise_file_limit

MakeDyno = Callable[..., Dyno]
IDLE = 10_000
TOGETHER = 100  # requests in flight; more than 200 would be H11
MEGABYTE = 1024 * 1024
GIGABYTE = 1024 * MEGABYTE


@pytest.fixture
def many_files() -> Iterator[int]:
    """How many files this process may have open now."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    raise_file_limit()
    yield resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def typical(port: int) -> float:
    """Seconds that most requests take at most, each on a new connection."""
    times = []
    for _ in range(40):
        began = time.perf_counter()
        with Client(port) as client:
            assert client.get().body == b"ok"
        times.append(time.perf_counter() - began)
    return sorted(times)[30]


def all_answered(clients: list[Client], data: bytes) -> None:
    for one in clients:
        one.send(data)
    assert all(one.reply().body == b"ok" for one in clients)


def test_ten_thousand_idle_connections(many_files: int, dyno: MakeDyno, capsys: pytest.CaptureFixture[str]) -> None:
    count = min(IDLE, many_files - 200)
    with Apart(dyno(says(OK)).port, speed=0.1) as router, ExitStack() as clients:
        alone = typical(router.port)
        files, memory = router.open_files(), router.memory()
        crowd = [clients.enter_context(Client(router.port)) for _ in range(count)]
        served, begun = crowd[::10], crowd[1::2]  # the others say nothing at all
        for at in range(0, len(served), TOGETHER):
            all_answered(served[at : at + TOGETHER], request())
        for one in begun:
            one.send(b"GET / HTTP/1.1\r\nHost: app.")
        wait_until(lambda: router.open_files() >= files + count)
        each = (router.memory() - memory) / count
        among_many = typical(router.port)
        with capsys.disabled():
            print(f"\n{count} idle: {each / 1024:.1f} KB each; a request takes {among_many / alone:.1f} times as long")
        assert each < 64 * 1024
        assert among_many < 30 * alone
        all_answered(begun[:TOGETHER], b"localhost\r\n\r\n")
        clients.close()
        wait_until(lambda: router.open_files() < files + 100)


class Sink:
    """A dyno that takes or gives a gigabyte, with plain sockets in a thread."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.got = 0
        self._thread = Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(10)
        self._door.close()

    def _serve(self) -> None:
        with self._door.accept()[0] as one:
            head, _, rest = one.recv(65536).partition(b"\r\n\r\n")
            if head.startswith(b"PUT "):
                self.got = len(rest) + swallow(one, GIGABYTE - len(rest))
                one.sendall(OK)
            else:
                one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIGABYTE)
                pour(one, GIGABYTE)
            one.recv(1)


def pour(target: socket.socket, size: int) -> None:
    piece = bytes(MEGABYTE)
    for _ in range(size // len(piece)):
        target.sendall(piece)


def swallow(source: socket.socket, size: int) -> int:
    """Read `size` bytes and forget them; how many came."""
    room, got = bytearray(MEGABYTE), 0
    while got < size and (more := source.recv_into(room, min(len(room), size - got))):
        got += more
    return got


def test_a_gigabyte_up_in_constant_memory() -> None:
    with Sink() as sink, Apart(sink.port) as router, Client(router.port) as client:
        before = router.memory()
        client.send(request("/", f"Content-Length: {GIGABYTE}", method="PUT"))
        pour(client.socket, GIGABYTE)
        assert client.reply("PUT").body == b"ok"
        assert sink.got == GIGABYTE
        assert router.most_memory() - before < 32 * MEGABYTE


def test_a_gigabyte_down_in_constant_memory() -> None:
    with Sink() as sink, Apart(sink.port) as router, Client(router.port) as client:
        before = router.memory()
        client.send(request())
        head, _, rest = client.socket.recv(65536).partition(b"\r\n\r\n")
        assert f"Content-Length: {GIGABYTE}".encode() in head
        assert len(rest) + swallow(client.socket, GIGABYTE - len(rest)) == GIGABYTE
        assert router.most_memory() - before < 32 * MEGABYTE


def page(size: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size)


def test_requests_sent_ahead_by_a_client_that_never_reads(dyno: MakeDyno) -> None:
    ahead = request("/", "X-Long: " + "x" * 500) * 1000
    with Apart(dyno(says(page(50_000))).port, speed=20) as router, Client(router.port) as client:
        before = router.memory()
        client.socket.settimeout(10)
        with pytest.raises(ConnectionError):  # it is let go of
            client.send(ahead * 1000)
        assert router.most_memory() - before < 16 * MEGABYTE
        with Client(router.port) as other:
            assert len(other.get().body) == 50_000


def test_many_clients_that_do_not_read(dyno: MakeDyno) -> None:
    async def film(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(1000):
            writer.write(bytes(100_000))
            await writer.drain()

    with Apart(dyno(film).port, speed=50) as router, ExitStack() as clients:
        before = router.memory()
        for _ in range(20):
            clients.enter_context(Client(router.port)).send(request("/film"))
        wait_until(lambda: len(router.lines()) == 20)
        assert all("at=warning code=H28 " in line for line in router.lines())
        assert router.most_memory() - before < 20 * 3 * MEGABYTE


@pytest.mark.parametrize("events", ["asyncio", "uvloop"])
def test_memory_is_given_back_when_clients_that_did_not_read_have_gone(events: str, dyno: MakeDyno) -> None:
    """Other clients come and stay meanwhile: what they need lies behind what the gone ones had."""
    count = 60

    async def film(reader: Reader, writer: Writer) -> None:
        while b" /film " in await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n")
            for _ in range(200):
                writer.write(bytes(100_000))
                await writer.drain()
        writer.write(OK)

    with Apart(dyno(film).port, loop=events) as router, ExitStack() as staying:
        before = router.memory()
        with ExitStack() as stalled:
            for _ in range(count):
                stalled.enter_context(Client(router.port)).send(request("/film"))
            wait_until(lambda: router.memory() - before > count * MEGABYTE // 2)
            most = router.memory()
            for _ in range(30):
                assert staying.enter_context(Client(router.port)).get().body == b"ok"
        wait_until(lambda: router.memory() - before < (most - before) / 4)


def test_early_hints_without_end_to_a_client_that_does_not_read(dyno: MakeDyno) -> None:
    async def hints(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        while True:
            writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: <%b>\r\n\r\n" % bytes(50_000).replace(b"\0", b"x"))
            await writer.drain()

    with Apart(dyno(hints).port, speed=50) as router, Client(router.port) as client:
        before = router.memory()
        client.send(request())
        wait_until(lambda: len(router.lines()) == 1)
        assert "code=H28 " in router.lines()[0]
        assert router.most_memory() - before < 16 * MEGABYTE
