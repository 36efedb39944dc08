"""Connections: kept to dynos and clients, closed under our hands, turned into tunnels."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from router_kit import FAST, OK, Client, Dyno, Loop, Reader, World, Writer, heard, request, says, start, wait_until

from localku.errors import LocalkuError
from localku.router.router_limits import Limits
from localku.router.router_server import RouterThread, run_in_thread
from localku.router.routing.routes import AppState

MakeDyno = Callable[..., Dyno]


def test_one_connection_to_the_dyno_serves_many_clients(world: World, router: RouterThread, dyno: MakeDyno) -> None:
    fake = dyno(says(OK))
    world.up(fake)
    for _ in range(3):
        with Client(router.port) as client:
            for _ in range(3):
                assert client.get().body == b"ok"
    wait_until(lambda: len(world.lines) == 9)
    assert len(fake.heard) == 1
    assert len(heard(fake.heard[0])) == 9


def test_keep_alive_to_dynos_can_be_switched_off(world: World, client: Client, dyno: MakeDyno) -> None:
    fake = dyno(says(OK))
    world.up(fake, keep_alive=False)
    for _ in range(3):
        assert client.get().body == b"ok"
    assert len(fake.heard) == 3
    assert heard(fake.heard[0])[0].header("connection") == "close"


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    ],
)
def test_a_connection_that_cannot_be_trusted_is_not_kept(
    world: World, client: Client, dyno: MakeDyno, response: bytes
) -> None:
    fake = dyno(says(response))
    world.up(fake)
    assert [client.get().body for _ in range(2)] == [b"ok", b"ok"]
    assert len(fake.heard) == 2


def once_then_gone(reader_waits: float) -> Callable[[Reader, Writer], object]:
    """Answers the first request of a connection and closes it when the second arrives."""

    async def handler(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(reader_waits)

    return handler


def test_a_safe_request_on_a_stale_connection_is_sent_again(world: World, client: Client, dyno: MakeDyno) -> None:
    fake = dyno(once_then_gone(0))
    world.up(fake)
    assert client.get().status == 200
    assert client.get().status == 200
    assert len(fake.heard) == 2


def test_h21_after_a_stale_connection_is_like_any_other(world: World, client: Client, dyno: MakeDyno) -> None:
    fake = dyno(once_then_gone(0))
    world.up(fake)
    assert client.get().status == 200
    fake.call(fake.refuse)
    assert client.get().status == 503
    found = world.fields(2)
    assert (found["code"], found["service"], found["bytes"]) == ("H21", "", "")


def test_an_unsafe_request_is_never_sent_twice(world: World, dyno: MakeDyno) -> None:
    fake = dyno(once_then_gone(0))
    world.up(fake)
    router = start(world, limits=Limits())
    with Client(router.port) as client:
        assert client.get().status == 200
        assert client.get(method="DELETE").status == 503
        assert world.fields(2)["code"] == "H13"
        assert client.get("/", "Content-Length: 0", method="POST").status == 200
    router.stop()
    assert sum(raw.count(b"DELETE") for raw in fake.heard) == 1


def test_an_unsafe_request_takes_no_old_connection(world: World, dyno: MakeDyno) -> None:
    fake = dyno(once_then_gone(0))
    world.up(fake)
    router = start(world, limits=replace(FAST, dyno_reuse_unsafe=0.05))
    with Client(router.port) as client:
        assert client.get().status == 200
        time.sleep(0.1)
        assert client.get(method="DELETE").status == 200
    router.stop()


def test_a_dyno_that_restarts_between_requests(world: World, client: Client, dyno: MakeDyno, loop: Loop) -> None:
    first = dyno(says(OK))
    world.up(first)
    assert client.get().status == 200
    first.stop()
    second = Dyno(loop, says(OK), port=first.port)
    assert client.get(method="POST").status == 200
    second.stop()


def test_kept_connections_are_closed_after_a_while(world: World, dyno: MakeDyno) -> None:
    ended: list[float] = []

    async def handler(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        began = asyncio.get_running_loop().time()
        await reader.read()
        ended.append(asyncio.get_running_loop().time() - began)

    world.up(dyno(handler))
    router = start(world, limits=replace(FAST, dyno_keep_alive=0.3))
    with Client(router.port) as client:
        client.get()
        wait_until(lambda: bool(ended))
    router.stop()
    assert 0.25 < ended[0] < 1.5


def test_dynos_share_the_load(world: World, client: Client, dyno: MakeDyno) -> None:
    fakes = [dyno(says(OK), name=f"web.{n}") for n in (1, 2, 3)]
    world.up(*fakes)
    for _ in range(90):
        client.get()
    shares = Counter(world.fields(n + 1)["dyno"] for n in range(90))
    assert set(shares) == {"web.1", "web.2", "web.3"}
    assert min(shares.values()) > 10


def test_connection_close_is_honoured(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(dyno(says(OK)))
    assert client.get("/", "Connection: close").header("connection") == "close"
    assert client.everything() == b""


# Upgrades


async def accepts(reader: Reader, writer: Writer) -> None:
    """A websocket server that echoes every masked text frame without the mask."""
    head = await reader.readuntil(b"\r\n\r\n")
    key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:"))
    digest = hashlib.sha1(key.split(b": ")[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()  # noqa: S324
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )
    while True:
        first, length = await reader.readexactly(2)
        mask = await reader.readexactly(4)
        data = bytes(b ^ mask[i % 4] for i, b in enumerate(await reader.readexactly(length & 127)))
        writer.write(struct.pack("BB", first, len(data)) + data)
        if first == 0x88:
            return


def frame(text: bytes, kind: int = 0x81) -> bytes:
    mask = os.urandom(4)
    return struct.pack("BB", kind, 0x80 | len(text)) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(text))


WEBSOCKET = (
    "Connection: keep-alive, Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
)


def opened(client: Client, early: bytes = b"") -> bytes:
    client.send(request("/ws", *WEBSOCKET) + early)
    found = b""
    while b"\r\n\r\n" not in found:
        found += client.socket.recv(4096)
    return found


def test_websocket_echo(world: World, client: Client, dyno: MakeDyno) -> None:
    fake = dyno(accepts)
    world.up(fake)
    head, _, rest = opened(client, early=frame(b"early")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"\r\nConnection: Upgrade" in head
    assert b"\r\nUpgrade: websocket" in head
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
    while len(rest) < 7:
        rest += client.socket.recv(100)
    assert rest == b"\x81\x05early"
    client.send(frame(b"hello"))
    assert client.socket.recv(100) == b"\x81\x05hello"
    client.send(frame(b"", kind=0x88))
    assert client.everything() == b"\x88\x00"
    (seen,) = heard(fake.heard[0])
    assert (seen.header("connection"), seen.header("upgrade")) == ("Upgrade", "websocket")
    found = world.fields()
    assert (found["at"], found["status"], found["path"]) == ("info", "101", "/ws")
    assert int(found["bytes"]) == len(head) + 4 + 7 + 7 + 2


def test_websocket_that_keeps_talking_stays_open(world: World, hurried: Client, dyno: MakeDyno) -> None:
    world.up(dyno(accepts))
    opened(hurried)
    for _ in range(4):
        time.sleep(0.5)  # 25 s of 55 s
        hurried.send(frame(b"ping"))
        assert hurried.socket.recv(100) == b"\x81\x04ping"


def test_websocket_closes_after_55_idle_seconds(world: World, hurried: Client, dyno: MakeDyno) -> None:
    world.up(dyno(accepts))
    began = time.monotonic()
    opened(hurried)
    hurried.everything()
    assert 1.0 < time.monotonic() - began < 20
    assert 'at=error code=H15 desc="Idle connection"' in world.wait_line()


def test_websocket_client_that_vanishes_frees_the_dyno(world: World, client: Client, dyno: MakeDyno) -> None:
    fake = dyno(accepts)
    world.up(fake)
    opened(client)
    client.reset()
    wait_until(lambda: fake.gone == [True])
    assert world.fields()["at"] == "info"


def test_an_upgrade_the_dyno_ignores_is_a_plain_response(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(dyno(says(OK)))
    assert client.get("/", *WEBSOCKET).body == b"ok"
    assert client.get().body == b"ok"


def test_other_protocols_and_half_closed_tunnels(world: World, client: Client, dyno: MakeDyno) -> None:
    async def counts(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n")
        writer.write(b"%d" % len(await reader.read()))

    world.up(dyno(counts))
    client.send(request("/", "Connection: Upgrade", "Upgrade: tcp", method="POST"))
    while not client.socket.recv(1000).endswith(b"\r\n\r\n"):
        pass
    client.send(b"x" * 300_000)
    client.socket.shutdown(1)
    assert client.everything() == b"300000"


# Pages


def test_error_page_url(world: World, client: Client) -> None:
    world.state(AppState.CRASHED, error_page_url="//example.com/e?a=1&b=<2>", maintenance_page_url="//x/")
    reply = client.get()
    assert reply.status == 503
    assert b'<iframe src="//example.com/e?a=1&amp;b=&lt;2&gt;">' in reply.body
    assert b"<title>Application error</title>" in reply.body


def test_maintenance_page_url(world: World, client: Client) -> None:
    world.state(AppState.MAINTENANCE, error_page_url="//x/", maintenance_page_url="//example.com/m")
    reply = client.get()
    assert reply.status == 503
    assert b'<iframe src="//example.com/m">' in reply.body


def test_pages_say_what_to_do_and_load_nothing(world: World, client: Client) -> None:
    world.state(AppState.CRASHED)
    reply = client.get()
    assert reply.header("content-type") == "text/html; charset=utf-8"
    assert reply.header("cache-control") == "no-cache, no-store"
    page = reply.body.decode()
    assert "H10 App crashed" in page
    assert "<pre>localku logs --app app</pre>" in page
    assert (world.fields()["request_id"]) in page
    assert not any(word in page for word in ("src=", "href=", "url(", "//"))


def test_pages_escape_what_they_show(client: Client) -> None:
    client.send(b"GET / HTTP/1.1\r\nHost: <script>\r\n\r\n")
    assert b"<script>" not in client.reply().body


# The thread


def test_a_taken_port_is_explained(world: World, router: RouterThread) -> None:
    with pytest.raises(LocalkuError, match=f"cannot listen on 127.0.0.1 port {router.port}: Address already"):
        run_in_thread(world, world, host="127.0.0.1", port=router.port)


def test_stop_is_prompt_and_final(world: World, dyno: MakeDyno) -> None:
    world.up(dyno(says(OK)))
    router = start(world, limits=replace(Limits(), shutdown=30))
    with Client(router.port) as client:
        assert client.get().status == 200
        began = time.monotonic()
        router.stop()
        router.stop()
        assert time.monotonic() - began < 15
        assert client.everything() == b""
    with pytest.raises(OSError, match="refused"):
        Client(router.port)


def test_stop_answers_those_who_had_connected_and_were_not_accepted_yet(world: World, dyno: MakeDyno) -> None:
    world.up(dyno(says(OK)))
    router = start(world, limits=Limits())
    router._loop.call_soon_threadsafe(time.sleep, 0.2)
    clients = [Client(router.port) for _ in range(40)]
    for client in clients:
        client.send(request())
    router.stop()
    assert [client.reply().status for client in clients] == [200] * len(clients)
    for client in clients:
        client.close()


def test_stop_waits_a_moment_for_the_request_of_whoever_has_just_connected(world: World, dyno: MakeDyno) -> None:
    world.up(dyno(says(OK)))
    router = start(world, limits=replace(Limits(), first_request=5.0))
    with Client(router.port) as client, Client(router.port) as gone:
        wait_until(lambda: len(router._router._tasks) == 2)
        stopping = threading.Thread(target=router.stop)
        stopping.start()
        wait_until(lambda: refused(router.port))
        client.send(request())
        assert client.reply().body == b"ok"
        gone.close()
        stopping.join(2)
        assert not stopping.is_alive()


def refused(port: int) -> bool:
    try:
        Client(port).close()
    except ConnectionRefusedError:
        return True
    return False


def test_stop_waits_for_no_request_that_never_comes(world: World, dyno: MakeDyno) -> None:
    world.up(dyno(says(OK)))
    router = start(world, limits=replace(Limits(), first_request=0.05, shutdown=60.0))
    with Client(router.port) as client:
        wait_until(lambda: len(router._router._tasks) == 1)
        router.stop()
        assert client.everything() == b""


def test_stop_answers_a_request_that_has_come_in_part(world: World, dyno: MakeDyno) -> None:
    world.up(dyno(says(OK)))
    router = start(world, limits=replace(Limits(), first_request=0.05))
    with Client(router.port) as client:
        client.send(b"GET / HT")
        time.sleep(0.05)
        router.stop()
        reply = client.reply()
        assert reply.status == 503
        assert b"The router was stopped." in reply.body


def test_stop_answers_a_request_that_takes_too_long_with_h24(world: World, dyno: MakeDyno) -> None:
    async def silent(reader: Reader, _writer: Writer) -> None:
        await reader.read()

    fake = dyno(silent)
    world.up(fake)
    router = start(world, limits=replace(Limits(), shutdown=0.05))
    with Client(router.port) as client:
        client.send(request())
        wait_until(lambda: bool(fake.heard))
        router.stop()
        reply = client.reply()
        assert (reply.status, dict(reply.headers)["connection"]) == (503, "close")
        assert b"H24 Forced close" in reply.body
    assert (world.fields()["code"], world.fields()["status"]) == ("H24", "")


def test_stop_lets_a_quick_request_finish(world: World, dyno: MakeDyno) -> None:
    async def slow(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.3)
        writer.write(OK)

    fake = dyno(slow)
    world.up(fake)
    router = start(world, limits=Limits())
    with Client(router.port) as client:
        client.send(request())
        wait_until(lambda: bool(fake.heard))
        router.stop()
        assert client.reply().body == b"ok"
    assert world.fields()["at"] == "info"
