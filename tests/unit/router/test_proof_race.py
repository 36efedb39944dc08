"""A piece of a head that comes in the very turn of the event loop in which its time runs out."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from router_kit import World

from localku.clock import SystemClock
from localku.router.backends import Dynos
from localku.router.client_connection import ClientConnection
from localku.router.connection import Connection
from localku.router.router_limits import Limits
from localku.router.router_state import RouterState

LIMITS = replace(Limits(), client_head=0.05, linger=0.0)


class Paper(asyncio.Transport):
    """Takes down what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None: ...
    def close(self) -> None: ...
    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


async def talk() -> bytes:
    loop, paper, client = asyncio.get_running_loop(), Paper(), Connection(1000)
    client.connection_made(paper)
    state = RouterState(World(), World(), LIMITS, SystemClock(), Dynos(LIMITS, loop.time))
    talking = asyncio.create_task(ClientConnection(state, client, "127.0.0.1", tls=False).run())
    client.data_received(b"GET / HT")
    await asyncio.sleep(0.01)
    loop.call_soon(client.data_received, b"TP")  # it comes first in the next turn, and the deadline after it
    time.sleep(LIMITS.client_head * 2)  # noqa: ASYNC251 - so that the deadline is due in the next turn
    await asyncio.wait_for(talking, 5)
    return paper.written


def test_a_piece_that_comes_as_the_time_runs_out_wins_none() -> None:
    assert asyncio.run(talk()).startswith(b"HTTP/1.1 408 ")
