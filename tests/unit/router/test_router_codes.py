"""Every H-code a router on one machine can meet: status, log line, page."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from router_kit import FAST, OK, STEADY, Client, Dyno, Reader, World, Writer, request, says, start, wait_until

from localku.router.router_limits import Limits
from localku.router.router_server import RouterThread
from localku.router.routing.routes import AppState, Backend, Route

MakeDyno = Callable[..., Dyno]


def closed_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("state", "status", "start_of_line"),
    [
        (AppState.CRASHED, 503, 'at=error code=H10 desc="App crashed" method=GET path="/a?b=c" '),
        (AppState.NO_WEB, 503, 'at=error code=H14 desc="No web processes running" method=GET '),
        (AppState.MAINTENANCE, 503, 'at=info code=H80 desc="Maintenance mode" method=GET '),
        (AppState.BLANK, 502, 'at=info code=H81 desc="Blank app" method=GET path='),
    ],
)
def test_app_that_cannot_answer(world: World, client: Client, state: AppState, status: int, start_of_line: str) -> None:
    world.state(state)
    reply = client.get("/a?b=c")
    assert reply.status == status
    assert start_of_line.split("code=")[1][:3] in reply.body.decode()
    line = world.wait_line()
    assert line.startswith(start_of_line)
    assert line.endswith(f"dyno= connect= service= status={status} bytes= protocol=http")


def test_the_whole_line_of_h10(world: World, client: Client) -> None:
    world.state(AppState.CRASHED)
    client.get("/favicon.ico", "X-Request-Id: c0f7a66a-63fd-4d71-8e40-97bb0b0917ca")
    assert world.wait_line() == (
        'at=error code=H10 desc="App crashed" method=GET path="/favicon.ico" host=app.localhost '
        'request_id=c0f7a66a-63fd-4d71-8e40-97bb0b0917ca fwd="127.0.0.1" dyno= connect= service= '
        "status=503 bytes= protocol=http"
    )


def test_the_whole_line_of_an_answer(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(dyno(says(OK)))
    reply = client.get("/x?y=%20", "X-Request-Id: c0f7a66a-63fd-4d71-8e40-97bb0b0917ca")
    assert (reply.status, reply.body) == (200, b"ok")
    found = world.fields()
    assert 0 <= int(found["connect"].removesuffix("ms")) < 5000
    assert 0 <= int(found["service"].removesuffix("ms")) < 5000
    assert world.wait_line() == (
        'at=info method=GET path="/x?y=%20" host=app.localhost '
        'request_id=c0f7a66a-63fd-4d71-8e40-97bb0b0917ca fwd="127.0.0.1" dyno=web.1 '
        f"connect={found['connect']} service={found['service']} status=200 bytes={found['bytes']} protocol=http"
    )
    assert int(found["bytes"]) == len(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: Heroku\r\nVia: 1.1 heroku-router\r\n\r\nok"
    )


def test_unknown_host(world: World, client: Client) -> None:
    reply = client.get(host="nobody.localhost")
    assert reply.status == 404
    assert b"<title>No such app</title>" in reply.body
    assert b"nobody.localhost" in reply.body
    assert world.lines == []


def test_h11_backlog_too_deep(world: World, dyno: MakeDyno) -> None:
    release = asyncio.Event()

    async def waits(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await release.wait()
        writer.write(OK)

    fake = dyno(waits)
    world.up(fake)
    router = start(world, limits=Limits())
    clients = [Client(router.port) for _ in range(201)]
    for one in clients[:200]:
        one.send(request())
    wait_until(lambda: len(fake.heard) == 200)
    assert clients[200].get().status == 503
    assert 'code=H11 desc="Backlog too deep"' in world.wait_line()
    fake.call(release.set)
    assert {one.reply().status for one in clients[:200]} == {200}
    assert clients[200].get().status == 200
    for one in clients:
        one.close()
    router.stop()


def test_h12_request_timeout_and_the_dyno_goes_on(world: World, hurried: Client, dyno: MakeDyno) -> None:
    done = threading.Event()

    async def slow(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.8)
        done.set()

    world.up(dyno(slow))
    assert hurried.get().status == 503
    found = world.fields()
    assert (found["at"], found["code"], found["desc"]) == ("error", "H12", "Request timeout")
    assert 30000 <= int(found["service"].removesuffix("ms")) < 45000
    assert (found["dyno"], found["status"], found["bytes"]) == ("web.1", "503", "0")
    assert done.wait(2)
    assert hurried.get().status == 503, "the client's connection goes on"


def test_h13_closed_without_response(world: World, client: Client, dyno: MakeDyno) -> None:
    async def closes(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")

    world.up(dyno(closes))
    assert client.get().status == 503
    assert 'at=error code=H13 desc="Connection closed without response"' in world.wait_line()


@pytest.mark.parametrize(
    ("head", "left"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 0),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", 0),
    ],
)
def test_h15_dyno_stalls(world: World, hurried: Client, dyno: MakeDyno, head: bytes, left: int) -> None:
    async def stalls(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        await asyncio.sleep(5)

    world.up(dyno(stalls))
    hurried.send(request())
    assert hurried.everything().count(b"half") == 1
    found = world.fields()
    assert (found["at"], found["code"], found["desc"]) == ("error", "H15", "Idle connection")
    assert 55000 <= int(found["service"].removesuffix("ms")) < 70000
    assert found["status"] == "503"
    assert int(found["bytes"]) > 4


def test_h15_counts_from_the_last_byte(world: World, hurried: Client, dyno: MakeDyno) -> None:
    async def drips(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        for _ in range(4):
            await asyncio.sleep(0.5)
            writer.write(b".")

    world.up(dyno(drips))
    assert hurried.get().body == b"...."
    assert world.fields()["at"] == "info"


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\n\n",
        b"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    ],
)
def test_h17_poorly_formatted(world: World, client: Client, dyno: MakeDyno, response: bytes) -> None:
    world.up(dyno(says(response)))
    assert client.get().status == 503
    assert 'at=error code=H17 desc="Poorly formatted HTTP response" method=GET' in world.wait_line()
    assert world.fields()["bytes"] == "0"


def test_h17_bad_chunk_of_a_dyno(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(dyno(says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokXX\r\n")))
    client.send(request())
    assert not client.everything().endswith(b"0\r\n\r\n")
    assert world.fields()["code"] == "H17"


@pytest.mark.parametrize(
    "part",
    [
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ],
)
def test_h18_server_request_interrupted(world: World, client: Client, dyno: MakeDyno, part: bytes) -> None:
    world.up(dyno(says(part, close=True)))
    client.send(request("/", "Connection: close"))
    answer = client.everything()
    assert world.wait_line().startswith(
        'sock=backend at=error code=H18 desc="Server Request Interrupted" method=GET path="/" '
    )
    assert world.fields()["status"] == "503"
    if b"half" in part:
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert not answer.endswith(b"0\r\n\r\n")
    else:
        assert answer.startswith(b"HTTP/1.1 503 ")


def test_h19_backend_connection_timeout(world: World, hurried: Client) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        world.apps["app.localhost"] = Route("app", AppState.UP, (Backend("web.1", "127.0.0.1", port),))
        assert hurried.get().status == 503
        for one in waiting:
            one.close()
    found = world.fields()
    assert (found["code"], found["desc"], found["dyno"]) == ("H19", "Backend connection timeout", "web.1")
    assert 5000 <= int(found["connect"].removesuffix("ms")) < 30_000
    assert (found["service"], found["bytes"]) == ("", "")


def test_h20_app_boot_timeout(world: World, hurried: Client) -> None:
    world.state(AppState.STARTING)
    began = time.monotonic()
    assert hurried.get().status == 503
    assert 1.5 <= time.monotonic() - began < 20
    assert 'at=error code=H20 desc="App boot timeout"' in world.wait_line()
    assert "dyno= connect= service= status=503 bytes=" in world.wait_line()


def test_a_request_during_boot_is_held_and_answered(world: World, client: Client, dyno: MakeDyno) -> None:
    world.state(AppState.STARTING)
    client.send(request())
    time.sleep(0.3)
    world.up(dyno(says(OK)))
    assert client.reply().body == b"ok"
    assert world.fields()["at"] == "info"


def test_one_look_serves_all_requests_that_are_held(world: World, router: RouterThread, dyno: MakeDyno) -> None:
    world.state(AppState.STARTING, web_dynos=1)
    clients = [Client(router.port) for _ in range(30)]
    for one in clients:
        one.send(request())
    wait_until(lambda: len(world.asked) > len(clients))
    before, began = len(world.asked), time.monotonic()
    time.sleep(0.5)
    looks = (time.monotonic() - began) / STEADY.hold_poll
    assert len(world.asked) - before < 3 * looks
    world.up(dyno(says(OK)))
    assert {one.reply().body for one in clients} == {b"ok"}


def test_a_held_request_hears_of_the_crash(world: World, client: Client) -> None:
    world.state(AppState.STARTING)
    client.send(request())
    time.sleep(0.1)
    world.state(AppState.CRASHED)
    assert client.reply().status == 503
    assert world.fields()["code"] == "H10"


def test_h21_refused_then_quarantined(world: World, hurried: Client) -> None:
    world.apps["app.localhost"] = Route("app", AppState.UP, (Backend("web.1", "127.0.0.1", closed_port()),))
    assert hurried.get().status == 503
    line = world.wait_line()
    assert 'at=error code=H21 desc="Backend connection refused"' in line
    assert world.fields()["connect"].endswith("ms")
    assert "service= status=503 bytes= protocol=http" in line
    began = time.monotonic()
    hurried.get()
    assert time.monotonic() - began > FAST.quarantine / 2, "a dyno in quarantine is left alone"


def test_another_dyno_takes_over(world: World, client: Client, dyno: MakeDyno) -> None:
    good = dyno(says(OK), name="web.2")
    dead = Backend("web.1", "127.0.0.1", closed_port())
    world.apps["app.localhost"] = Route("app", AppState.UP, (dead, good.backend), web_dynos=2)
    for _ in range(12):
        assert client.get().status == 200
    assert {world.fields(n + 1)["dyno"] for n in range(12)} == {"web.2"}


def test_at_most_ten_dynos_are_tried(world: World, hurried: Client) -> None:
    dead = tuple(Backend(f"web.{n}", "127.0.0.1", closed_port()) for n in range(1, 15))
    world.apps["app.localhost"] = Route("app", AppState.UP, dead, web_dynos=14)
    hurried.get()
    world.asked.clear()
    hurried.get()
    assert len(world.asked) <= 12
    assert world.fields(2)["code"] == "H21"


def test_h34_all_up_dynos_quarantined(world: World) -> None:
    world.apps["app.localhost"] = Route("app", AppState.UP, (Backend("web.1", "127.0.0.1", closed_port()),))
    router = start(world, limits=replace(FAST, quarantine=60.0, hold=0.3))
    with Client(router.port) as client:
        assert client.get().status == 503
        assert client.get().status == 503
    router.stop()
    assert 'at=error code=H34 desc="All up dynos are quarantined"' in world.wait_line(2)


def test_h24_forced_close(world: World, dyno: MakeDyno) -> None:
    async def slow(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        await asyncio.sleep(5)

    world.up(dyno(slow))
    router = start(world)
    with Client(router.port) as client:
        client.send(request())
        client.socket.recv(1)
        router.stop()
    line = world.wait_line()
    assert 'at=error code=H24 desc="Forced close"' in line
    assert world.fields()["status"] == ""


@pytest.mark.parametrize(
    ("response", "desc"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "invalid content length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: one\r\n\r\n", "invalid content length"),
        (b"HTTP/1.1 200 OK\r\nSet-Cookie: a=" + b"b" * 8200 + b"\r\n\r\n", "oversized cookie"),
        (b"HTTP/1.1 200 OK\r\nBig: " + b"b" * 524288 + b"\r\n\r\n", "oversized header"),
        (b"HTTP/1.1 200 " + b"b" * 8192 + b"\r\n\r\n", "oversized status line"),
    ],
)
def test_h25_http_restriction(world: World, client: Client, dyno: MakeDyno, response: bytes, desc: str) -> None:
    world.up(dyno(says(response)))
    reply = client.get()
    assert reply.status == 502
    found = world.fields()
    assert (found["at"], found["code"], found["desc"]) == ("error", "H25", f"HTTP restriction: {desc}")
    assert found["status"] == "502"
    assert int(found["bytes"]) > len(reply.body)


def test_large_response_headers_within_the_limits(world: World, client: Client, dyno: MakeDyno) -> None:
    big = b"b" * 500_000
    world.up(dyno(says(b"HTTP/1.1 200 OK\r\nBig: " + big + b"\r\nContent-Length: 0\r\n\r\n")))
    client.send(request())
    found = bytearray()
    while b"\r\n\r\n" not in found:
        found += client.socket.recv(65536)
    assert big in found


def test_h26_unsupported_expect(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(dyno(says(OK)))
    assert client.get("/", "Expect: foo").status == 417
    assert (
        'at=error code=H26 desc="Request Error" cause="unsupported expect header value" method=GET' in world.wait_line()
    )
    assert world.fields()["status"] == "417"


@pytest.mark.parametrize(
    "header",
    [
        "Content-Length: 15,24",
        "Content-Length: -1",
        "Content-Length: 5\r\nContent-Length: 6",
        "Transfer-Encoding: gzip",
    ],
)
def test_h26_bad_header(world: World, client: Client, dyno: MakeDyno, header: str) -> None:
    fake = dyno(says(OK))
    world.up(fake)
    assert client.get("/", header).status == 400
    assert 'at=error code=H26 desc="Request Error" cause="bad header" method=GET' in world.wait_line()
    assert fake.heard == []


def test_h26_bad_chunk(world: World, client: Client, dyno: MakeDyno) -> None:
    async def waits(reader: Reader, writer: Writer) -> None:
        await reader.read(-1)

    world.up(dyno(waits))
    client.send(request("/", "Transfer-Encoding: chunked", method="POST"))
    time.sleep(0.1)
    client.send(b"zz\r\n")
    assert client.reply("POST").status == 400
    assert 'code=H26 desc="Request Error" cause="bad chunk" method=POST' in world.wait_line()


def test_h27_client_goes_away(world: World, client: Client, dyno: MakeDyno) -> None:
    left = threading.Event()

    async def slow(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.read(1)
        left.set()

    world.up(dyno(slow))
    client.send(request())
    time.sleep(0.1)
    client.close()
    assert world.wait_line().startswith(
        'sock=client at=warning code=H27 desc="Client Request Interrupted" method=GET path="/" '
    )
    assert world.fields()["status"] == "499"
    assert left.wait(2), "the dyno's connection is closed too"


def test_h27_while_held(world: World, client: Client) -> None:
    world.state(AppState.STARTING)
    client.send(request())
    time.sleep(0.1)
    client.reset()
    assert "code=H27" in world.wait_line()
    assert "dyno= connect= service= status=499 bytes=" in world.wait_line()


def test_h28_client_stops_sending(world: World, hurried: Client, dyno: MakeDyno) -> None:
    async def reads(reader: Reader, writer: Writer) -> None:
        await reader.read(-1)

    world.up(dyno(reads))
    hurried.send(request("/", "Content-Length: 10", method="POST") + b"half")
    hurried.everything()
    found = world.fields()
    assert (found["at"], found["code"], found["desc"]) == ("warning", "H28", "Client Connection Idle")
    assert 55000 <= int(found["service"].removesuffix("ms")) < 70000
    assert found["status"] == "499"


def test_h28_client_stops_reading(world: World, hurried: Client, dyno: MakeDyno) -> None:
    async def much(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(1000):
            writer.write(b"x" * 100_000)
            await writer.drain()

    world.up(dyno(much))
    hurried.send(request())
    assert world.fields()["code"] == "H28"


def test_h99_for_a_defect_of_localku(world: World, router: RouterThread, dyno: MakeDyno) -> None:
    world.apps["app.localhost"] = Route("app", AppState.UP, (None,))  # type: ignore[arg-type]
    with Client(router.port) as client:
        assert client.get().status == 503
    assert 'at=error code=H99 desc="Platform error"' in world.wait_line()
