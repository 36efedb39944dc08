"""C4: a response that breaks off is H18, one that stalls for 55 seconds is H15."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import Running, World

HEAD = b"GET %b HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n"


def test_h18(raw: Running) -> None:
    received = raw.raw(HEAD % (b"/half", raw.host.encode()))
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.endswith(b"\r\n\r\nhello")
    line = raw.wait_logged('path="/half"')
    assert 'heroku[router]: sock=backend at=error code=H18 desc="Server Request Interrupted" method=GET' in line
    assert " status=503 " in line


def test_h15(raw: Running, world: World) -> None:
    began = time.monotonic()
    assert raw.raw(HEAD % (b"/stall", raw.host.encode())).endswith(b"\r\n\r\nhello")
    assert time.monotonic() - began >= world.seconds(54)
    line = raw.router_line("/stall")
    assert (line["at"], line["code"], line["desc"], line["status"]) == ("error", "H15", "Idle connection", "503")
    assert int(line["service"].removesuffix("ms")) >= 54_900
