"""What an app's features change: session affinity, 100-continue end to end; and too many clients."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import pytest
from router_kit import OK, STEADY, Client, Dyno, Reader, World, Writer, heard, request, says, start

from localku.cli.main import cli
from localku.router import codes
from localku.router.codes import H10, H14, H80
from localku.router.pages import failure, no_such_app

MakeDyno = Callable[..., Dyno]


def test_a_cookie_leads_back_to_the_same_dyno(world: World, client: Client, dyno: MakeDyno) -> None:
    fakes = [dyno(says(OK), name=f"web.{number}") for number in (1, 2, 3)]
    world.up(*fakes, session_affinity=True)
    given = client.get().header("set-cookie")
    assert given is not None
    cookie = given.partition(";")[0]
    chosen = world.fields()["dyno"]
    for number in range(2, 12):
        assert client.get("/", f"Cookie: a=b; {cookie}").header("set-cookie") is None
        assert world.fields(number)["dyno"] == chosen


def test_a_dyno_that_is_gone_is_replaced_by_another(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(dyno(says(OK), name="web.2"), session_affinity=True)
    cookie = client.get("/", "Cookie: heroku-session-affinity=web.1").header("set-cookie")
    assert (cookie or "").startswith("heroku-session-affinity=web.2;")


def test_without_the_feature_there_is_no_cookie(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(dyno(says(OK)))
    assert client.get().header("set-cookie") is None


def permits(answer: bytes) -> Callable[[Reader, Writer], object]:
    """A dyno that answers an expectation with these bytes, reads five more and answers the request."""

    async def handler(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        if answer.startswith(b"HTTP/1.1 100"):
            await reader.readexactly(5)
            writer.write(OK)

    return handler


def test_the_dyno_says_100_continue(world: World, client: Client, dyno: MakeDyno) -> None:
    fake = dyno(permits(b"HTTP/1.1 100 Continue\r\n\r\n"))
    world.up(fake, end_to_end_continue=True)
    client.send(request("/", "Expect: 100-continue", "Content-Length: 5", method="POST"))
    assert client.socket.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(b"hello")
    assert client.reply("POST").body == b"ok"
    (seen,) = heard(fake.heard[0])
    assert (seen.header("expect"), seen.body) == ("100-continue", b"hello")


def test_the_dyno_says_no_before_any_body_came(world: World, client: Client, dyno: MakeDyno) -> None:
    world.up(dyno(permits(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")), end_to_end_continue=True)
    client.send(request("/", "Expect: 100-continue", "Content-Length: 5", method="POST"))
    reply = client.reply("POST")
    assert (reply.status, reply.interim) == (413, [])


def test_a_dyno_that_permits_and_then_is_silent_is_h12(world: World, hurried: Client, dyno: MakeDyno) -> None:
    async def silent(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await reader.readexactly(5)
        await asyncio.sleep(5)

    world.up(dyno(silent), end_to_end_continue=True)
    hurried.send(request("/", "Expect: 100-continue", "Content-Length: 5", method="POST"))
    assert hurried.socket.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    hurried.send(b"hello")
    assert hurried.reply("POST").status == 503
    assert world.fields()["code"] == "H12"


def test_h22_one_client_too_many(world: World, dyno: MakeDyno) -> None:
    world.up(dyno(says(OK)))
    router = start(world, limits=replace(STEADY, client_connections=1))
    with Client(router.port) as first, Client(router.port) as second:
        assert first.get().status == 200
        refused = second.get()
        assert (refused.status, refused.header("connection")) == (503, "close")
        assert 'at=error code=H22 desc="Connection limit reached"' in world.wait_line(2)
        assert second.everything() == b""
        assert first.get().status == 200
    router.stop()


@pytest.mark.parametrize("page", [failure("app", code, "", "id") for code in (H10, H14, H80)] + [no_such_app("x.org")])
def test_pages_name_commands_that_exist(page: bytes) -> None:
    shown = re.search(rb"<pre>(.*?)</pre>", page, re.DOTALL)
    assert shown is not None
    for line in shown[1].decode().splitlines():
        words = line.split()
        assert words[0] == "localku"
        command = cli.get_command(click.Context(cli), words[1])
        assert command is not None, line
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words[2:] if word.startswith("--")} <= options


def test_the_table_of_codes_is_the_one_in_the_code() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "router.md").read_text()
    told = dict(re.findall(r"^\| (H\d\d) \| ([^|]+) \|", page, re.MULTILINE))
    known = [one for one in vars(codes).values() if isinstance(one, codes.Code)]
    assert told == {one.name: one.desc for one in known}
