"""What the router changes in requests and responses, judged by h11."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from router_kit import OK, Client, Dyno, World, heard, request, says

from localku.router import hosts
from localku.router.router_server import RouterThread

MakeDyno = Callable[..., Dyno]
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture
def echo(world: World, dyno: MakeDyno) -> Dyno:
    made = dyno(says(OK))
    world.up(made)
    return made


def test_forwarded_headers(world: World, client: Client, echo: Dyno) -> None:
    client.get("/", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: gopher", "X-Forwarded-Port: 70")
    (seen,) = heard(echo.heard[0])
    assert seen.header("x-forwarded-for") == "1.2.3.4, 127.0.0.1"
    assert seen.header("x-forwarded-proto") == "http"
    assert seen.header("x-forwarded-port") == "80"
    assert seen.header("via") == "1.1 heroku-router"
    assert seen.header("host") == "app.localhost"
    assert world.fields()["fwd"] == "1.2.3.4, 127.0.0.1"


def test_several_forwarded_for_become_one(client: Client, echo: Dyno) -> None:
    client.get("/", "X-Forwarded-For: 1.2.3.4, 5.6.7.8", "X-Forwarded-For: ::1", "Via: 1.0 fred")
    (seen,) = heard(echo.heard[0])
    assert seen.header("x-forwarded-for") == "1.2.3.4, 5.6.7.8, ::1, 127.0.0.1"
    assert seen.header("via") == "1.0 fred, 1.1 heroku-router"


def test_request_start_is_milliseconds(client: Client, echo: Dyno) -> None:
    client.get("/", "X-Request-Start: 5")
    (seen,) = heard(echo.heard[0])
    assert abs(int(seen.header("x-request-start") or 0) / 1000 - time.time()) < 5


@pytest.mark.parametrize("given", ["c0f7a66a-63fd-4d71-8e40-97bb0b0917ca", "a" * 20, "A+/=-" * 40])
def test_good_request_id_is_kept(world: World, client: Client, echo: Dyno, given: str) -> None:
    client.get("/", f"X-Request-ID: {given}")
    assert heard(echo.heard[0])[0].header("x-request-id") == given
    assert world.fields()["request_id"] == given


@pytest.mark.parametrize("given", ["short", "a" * 19, "a" * 201, "with space and twenty", 'quote"' * 5])
def test_bad_request_id_is_replaced(world: World, client: Client, echo: Dyno, given: str) -> None:
    client.get("/", f"X-Request-ID: {given}")
    seen = heard(echo.heard[0])[0].header("x-request-id") or ""
    assert re.fullmatch(UUID, seen)
    assert world.fields()["request_id"] == seen


def test_two_request_ids_are_replaced(client: Client, echo: Dyno) -> None:
    client.get("/", "X-Request-Id: " + "a" * 20, "X-Request-Id: " + "b" * 20)
    assert re.fullmatch(UUID, heard(echo.heard[0])[0].header("x-request-id") or "")


def test_hop_by_hop_headers_stay_here(client: Client, echo: Dyno) -> None:
    client.get(
        "/",
        "Connection: keep-alive, X-Mine",
        "Keep-Alive: timeout=5",
        "TE: trailers",
        "Proxy-Authorization: Basic abc",
        "X-Mine: 1",
        "Proxy-Authenticate: yes",
        "Upgrade: h2c",
        "X-Forwarded-Host: elsewhere",
        "Cookie: a=b",
        "X-Lower_Upper: Kept As Is",
    )
    (seen,) = heard(echo.heard[0])
    for name in ("connection", "keep-alive", "te", "proxy-authorization", "x-mine"):
        assert seen.header(name) is None
    assert seen.header("proxy-authenticate") == "yes"
    assert seen.header("upgrade") == "h2c"
    assert seen.header("x-forwarded-host") == "elsewhere"
    assert seen.header("cookie") == "a=b"
    assert b"X-Lower_Upper: Kept As Is\r\n" in echo.heard[0]


def test_a_client_cannot_have_our_headers_removed(client: Client, echo: Dyno) -> None:
    client.get("/", "Connection: X-Forwarded-Proto, X-Forwarded-For, Host, Via")
    (seen,) = heard(echo.heard[0])
    assert seen.header("x-forwarded-proto") == "http"
    assert seen.header("x-forwarded-for") == "127.0.0.1"
    assert seen.header("host") == "app.localhost"


def test_response_headers(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(
        dyno(
            says(
                b"HTTP/1.1 201 Made It\r\nServer: gunicorn\r\nConnection: keep-alive\r\nKeep-Alive: x\r\n"
                b"Via: 1.0 inner\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Own:  spaced  \r\n"
                b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok"
            )
        )
    )
    reply = client.get()
    assert (reply.status, reply.reason, reply.body) == (201, "Made It", b"ok")
    assert reply.header("server") == "Heroku"
    assert reply.header("via") == "1.0 inner, 1.1 heroku-router"
    assert [value for name, value in reply.headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert reply.header("x-own") == "spaced"
    assert reply.header("content-length") == "2"
    assert reply.header("connection") is None
    assert reply.header("keep-alive") is None


def test_any_method_but_connect(client: Client, echo: Dyno) -> None:
    for method in ("PROPFIND", "PURGE", "x" * 127):
        assert client.get(method=method).status == 200
    assert [one.method for one in heard(echo.heard[0])][:2] == ["PROPFIND", "PURGE"]
    client.send(b"CONNECT app.localhost:80 HTTP/1.1\r\nHost: app.localhost\r\n\r\n")
    assert client.reply().status == 405


def test_absolute_target(client: Client, echo: Dyno) -> None:
    assert client.get("http://app.localhost/x?y=1").status == 200
    assert client.get("http://APP.localhost").status == 200
    assert [one.target for one in heard(echo.heard[0])] == ["/x?y=1", "/"]
    assert client.get("http://other.localhost/").status == 400


def test_options_of_the_whole_server(client: Client, echo: Dyno) -> None:
    assert client.get("*", method="OPTIONS").status == 200
    assert heard(echo.heard[0])[0].target == "*"


def test_quotes_and_raw_bytes_in_a_path_keep_the_line_one_line(world: World, client: Client, echo: Dyno) -> None:
    client.send(b'GET /"x\\\xff HTTP/1.1\r\nHost: app.localhost\r\n\r\n')
    assert client.reply().status == 200
    assert world.wait_line().isprintable()
    assert r'path="/\"x\\\\xff" host=' in world.wait_line()


def test_control_characters_beyond_ascii_are_escaped_in_the_line(world: World, client: Client, echo: Dyno) -> None:
    head = "GET /\x9b2J\u2028 HTTP/1.1\r\nHost: app.localhost\r\nX-Forwarded-For: \x85\u202e\r\n\r\n"
    client.send(head.encode())
    assert client.reply().status == 200
    assert r'path="/\x9b2J\u2028" host=' in world.wait_line()
    assert r'fwd="\x85\u202e,' in world.wait_line()


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("app.localhost", "app.localhost"),
        ("App.LOCALHOST:5000", "app.localhost"),
        ("app.localhost.", "app.localhost"),
        ("app.localhost.:80", "app.localhost"),
        ("127.0.0.1:5000", "127.0.0.1"),
        ("[::1]:5000", "::1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
        ("under_score.localhost", "under_score.localhost"),
        ("app.localhost:", "app.localhost"),
    ],
)
def test_host_is_normalised(world: World, client: Client, host: str, found: str) -> None:
    client.get(host=host)
    assert world.asked == [found]


@pytest.mark.parametrize(
    "host", ["", ".", "a b", "a/b", "a,b", "user@a", "[::1", "[nonsense]", "a:b", "a:123456", "é", "a\tb"]
)
def test_what_is_no_host(world: World, client: Client, host: str) -> None:
    client.send(b"GET / HTTP/1.1\r\nHost: " + host.encode() + b"\r\n\r\n")
    assert client.reply().status == 400
    assert (world.asked, world.lines) == ([], [])


def test_peer_address() -> None:
    assert hosts.peer("::ffff:10.0.0.1") == "10.0.0.1"
    assert hosts.peer("fe80::1%eth0") == "fe80::1"
    assert hosts.peer("127.0.0.1") == "127.0.0.1"


def test_localhost_listens_on_both_families(world: World, dyno: MakeDyno) -> None:
    from router_kit import start

    world.up(dyno(says(OK)))
    running: RouterThread = start(world, host="localhost")
    for address in ("127.0.0.1", "::1"):
        with Client(running.port, host=address) as client:
            client.send(request())
            assert client.reply().status == 200
    running.stop()
    assert world.fields(2)["fwd"] == "::1"
