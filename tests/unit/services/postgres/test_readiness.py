"""Whether a database's server lets clients in, by what it answers."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localku.router.tls import issuing
from localku.services.postgres import readiness

ASKS_FOR_A_PASSWORD = b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"
RECOVERS = b"E\0\0\0\x2eSFATAL\0C57P03\0Mthe database system is starting up\0\0"
IS_FULL = b"E\0\0\0\x2eSFATAL\0C53300\0Msorry, too many clients already\0\0"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    chain = tmp_path_factory.mktemp("tls") / "server.pem"
    now = datetime.now(UTC)
    chain.write_bytes(issuing.new_authority(issuing.LOCALHOST, now).issue(("localhost",), now))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(Path(chain))
    return made


@contextmanager
def server(consent: bytes, tls: ssl.SSLContext, answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Yield its port, and what the client has sent within TLS."""
    heard: list[bytes] = []

    def serve() -> None:
        client, _ = listening.accept()
        with client, suppress(OSError):
            assert client.recv(8) == readiness.SSL_REQUEST
            client.sendall(consent)
            if consent == b"S":
                with tls.wrap_socket(client, server_side=True) as secure:
                    heard.append(secure.recv(1024))
                    secure.sendall(answer)
                    secure.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], heard
        thread.join(10)


@pytest.mark.parametrize(
    ("answer", "accepts"), [(ASKS_FOR_A_PASSWORD, True), (IS_FULL, True), (RECOVERS, False), (b"", False)]
)
def test_the_answer_to_a_startup_message_over_tls_tells(tls: ssl.SSLContext, answer: bytes, accepts: bool) -> None:
    with server(b"S", tls, answer) as (port, heard):
        assert readiness.accepts("127.0.0.1", port) is accepts
    assert heard == [readiness.STARTUP]
    assert int.from_bytes(heard[0][:4]) == len(heard[0])


@pytest.mark.parametrize("consent", [b"N", b""])
def test_what_has_no_tls_is_not_the_database(tls: ssl.SSLContext, consent: bytes) -> None:
    with server(consent, tls, b"") as (port, heard):
        assert readiness.accepts("127.0.0.1", port) is False
    assert heard == []


def test_nobody_at_the_port(unused_port: int) -> None:
    assert readiness.accepts("127.0.0.1", unused_port) is False


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
