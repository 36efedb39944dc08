"""Connecting: at once, later, refused, given up."""

from __future__ import annotations

import asyncio
import errno
import socket

import pytest

from localku.router.connecting import connected


def test_connected_and_refused() -> None:
    async def run(host: str, port: int) -> tuple[str, int]:
        made = await connected(host, port, 5.0)
        peer: tuple[str, int] = made.getpeername()[:2]
        made.close()
        return peer

    for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        with socket.create_server((host, 0), family=family) as door:
            address = door.getsockname()[:2]
            assert asyncio.run(run(*address)) == address
        with pytest.raises(ConnectionRefusedError):
            asyncio.run(run(*address))


class Slow(socket.socket):
    """Its connection is under way for a while."""

    result = 0

    def connect_ex(self, _: object) -> int:
        return errno.EINPROGRESS

    def getsockopt(self, *_: object) -> int:  # type: ignore[override]
        return self.result


@pytest.mark.parametrize("result", [0, errno.EHOSTUNREACH])
def test_one_that_takes_its_time(monkeypatch: pytest.MonkeyPatch, result: int) -> None:
    monkeypatch.setattr(Slow, "result", result)
    monkeypatch.setattr(socket, "socket", Slow)
    if result:
        with pytest.raises(OSError, match="No route to host"):
            asyncio.run(connected("127.0.0.1", 1, 5.0))
    else:
        asyncio.run(connected("127.0.0.1", 1, 5.0)).close()
