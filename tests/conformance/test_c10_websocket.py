"""C10: a websocket lives as long as something moves within every 55 seconds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import Running, World

UPGRADE = (
    "GET /websocket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
FRAME = b"\x81\x85\0\0\0\0hello"


def test_closed_after_55_idle_seconds_and_not_before(raw: Running, world: World) -> None:
    client = raw.connect()
    client.sendall(UPGRADE.format(host=raw.host).encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head
    time.sleep(world.seconds(35))  # far from 55, for busy machines, and more than 55 with what is idle after
    began = time.monotonic()
    client.sendall(FRAME)
    assert client.recv(100) == FRAME
    assert client.recv(100) == b""
    assert time.monotonic() - began >= world.seconds(54.9)
    line = raw.router_line("/websocket")
    assert (line["code"], line["desc"]) == ("H15", "Idle connection")
    assert int(line["bytes"]) == len(head) + len(FRAME)
    client.close()
