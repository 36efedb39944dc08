"""What the engine tells bit by bit: over its Unix socket, and through docker-py over TCP."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
import unix_engine
from unix_engine import UPGRADED, frame, raw

from localku.engine.client import Engine
from localku.engine.engine_errors import NotFound
from localku.engine.http import http_answer

if TYPE_CHECKING:
    from unix_engine import UnixEngine


def test_a_head_that_comes_a_byte_at_a_time_and_nothing_of_what_follows_it() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender = threading.Thread(target=lambda: [theirs.send(bytes([one])) for one in UPGRADED + b"next"])
        sender.start()
        status, headers = http_answer.head(ours)
        sender.join()
        assert (status, headers["upgrade"], ours.recv(99)) == (101, "tcp", b"next")


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_output_comes_in_whole_frames_from_any_kind_of_engine(server: UnixEngine, kind: str) -> None:
    """Over TCP it is docker-py that asks; in chunks, which may be answered to HTTP/1.0 by what stands in between."""
    sent = frame(1, b"2026-01-01T00:00:00Z one\n") + frame(2, b"2026-01-01T00:00:00Z two\n")
    chunks = [f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (sent[:5], sent[5:40], sent[40:])]
    server.answers["GET /containers/c1/logs"] = raw(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *chunks, b"0\r\n\r\n"
    )
    with unix_engine.address(server, kind) as address:
        containers = Engine(address).containers
        assert b"".join(one for some in containers.printed("c1") for one in some) == sent
        bell = containers.doorbell("c1")
        assert bell.wait(20)
        bell.hang_up()
        with pytest.raises(NotFound, match="no answer for GET /containers/c2/logs"):
            containers.doorbell("c2")
