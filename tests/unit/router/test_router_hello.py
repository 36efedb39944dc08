"""The name in a client's first message, and how little waits while a certificate for it is made."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from router_kit import FAST, OK, Client, Domains, Dyno, World, says, start, wait_until
from test_router_tls import MakeDyno, presented

from localku.errors import LocalkuError
from localku.router.tls import certificates, hello, issuing
from localku.router.tls.hello import Hello

LABEL = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)


def first_message(name: str | None) -> bytes:
    """What OpenSSL sends first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = name is not None
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


@settings(deadline=None)
@given(st.lists(LABEL, min_size=1, max_size=4).map(".".join), st.integers(1, 600))
def test_the_name_is_read_whole_in_pieces_and_in_several_records(name: str, size: int) -> None:
    sent = first_message(name)
    assert hello.read(sent) == Hello(whole=True, name=name)
    assert not any(hello.read(sent[:end]).whole for end in range(len(sent)))
    body = sent[5:]
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    records = b"".join(b"\x16\x03\x01" + len(piece).to_bytes(2, "big") + piece for piece in pieces)
    assert hello.read(records) == Hello(whole=True, name=name)
    assert not hello.read(records[:-1]).whole


def test_no_name_is_none() -> None:
    assert hello.read(first_message(None)) == Hello(whole=True)


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(0, 400))
def test_nonsense_is_no_name_and_no_fault(data: bytes, at: int) -> None:
    good = bytearray(first_message("one.localhost"))
    good[at : at + len(data)] = data
    for one in (data, b"\x16" + data, bytes(good)):
        hello.read(one)


def test_no_more_is_waited_for_than_anybody_sends() -> None:
    endless = b"\x16\x03\x01\xff\xff\x01\xff\xff\xff" + bytes(hello.MOST)
    assert hello.read(endless[: hello.MOST]).whole
    assert not hello.read(endless[: hello.MOST - 1]).whole


def test_a_first_message_in_pieces(world: World, dyno: MakeDyno, tmp_path: Path) -> None:
    running = start(world, tls=certificates.context(tmp_path / "tls", domains=Domains("www.example.com")))
    trusting = ssl.create_default_context(cafile=certificates.ca_file(tmp_path / "tls"))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(incoming, outgoing, server_hostname="www.example.com")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    sent = outgoing.read()
    with socket.create_connection(("127.0.0.1", running.port), timeout=5) as raw:
        for at in range(0, len(sent), 100):
            raw.sendall(sent[at : at + 100])
            time.sleep(0.01)
        while client.version() is None:
            incoming.write(raw.recv(65536))
            try:
                client.do_handshake()
            except ssl.SSLWantReadError:
                continue
        assert client.getpeercert()
    running.stop()


def test_a_client_that_leaves_in_the_middle_of_it(world: World, tmp_path: Path) -> None:
    running = start(world, tls=certificates.context(tmp_path / "tls"))
    with Client(running.port) as client:
        client.send(first_message("one.localhost")[:100])
        client.socket.shutdown(socket.SHUT_WR)
        client.everything()
    running.stop()


def test_one_that_never_goes_on_is_let_go(world: World, tmp_path: Path) -> None:
    running = start(world, tls=certificates.context(tmp_path / "tls"), limits=FAST)
    with Client(running.port) as client:
        client.send(first_message("one.localhost")[:100])
        assert client.closed()
    running.stop()


def test_while_a_certificate_is_made_others_are_answered(
    world: World, dyno: MakeDyno, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake: Dyno = dyno(says(OK))
    world.up(fake)
    running = start(world, tls=certificates.context(tmp_path / "tls", ("one.localhost",)))
    go, begun, issue = threading.Event(), [], issuing.Authority.issue

    def late(self: issuing.Authority, names: tuple[str, ...], now: object) -> bytes:
        begun.append(names)
        assert go.wait(20)
        return issue(self, names, now)  # type: ignore[arg-type]

    monkeypatch.setattr(issuing.Authority, "issue", late)
    seen: list[dict[str, object]] = []
    waiting = [
        threading.Thread(target=lambda: seen.append(presented(running, tmp_path / "tls", "new.localhost")))
        for _ in range(3)
    ]
    for client in waiting:
        client.start()
    wait_until(lambda: bool(begun))
    with Client(running.port) as client:
        assert client.get().status == 200
    assert presented(running, tmp_path / "tls", "one.localhost")  # what is made already
    assert seen == []
    go.set()
    for one in waiting:
        one.join(20)
    assert [one["subjectAltName"] for one in seen] == [(("DNS", "new.localhost"),)] * 3
    assert begun == [("new.localhost",)]
    running.stop()


def test_a_name_whose_certificate_cannot_be_made_is_tried_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = start(world, tls=certificates.context(tmp_path / "tls", domains=Domains("www.example.com")))

    def full(*_: object) -> bytes:
        raise LocalkuError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(issuing.Authority, "issue", full)
        with pytest.raises(ssl.SSLCertVerificationError):
            presented(running, tmp_path / "tls", "www.example.com")
    assert presented(running, tmp_path / "tls", "www.example.com")
    running.stop()
