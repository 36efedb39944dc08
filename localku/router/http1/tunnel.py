"""After `101 Switching Protocols` the router only moves bytes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from localku.router.connection import Connection
from localku.router.http1.bodies import take

_LAST_BYTES_SECONDS = 1.0  # seconds for a dyno to take the last bytes of a client that is gone


async def run(client: Connection, dyno: Connection, sent: Callable[[int], None]) -> None:
    """Move bytes both ways until the dyno is done. `sent` hears how many go to the client.

    A client that has said all it wants to say can still listen.
    """
    async with asyncio.TaskGroup() as both:
        upward = both.create_task(_up(client, dyno))
        await _pump(dyno, client, sent)
        upward.cancel()


async def _up(client: Connection, dyno: Connection) -> None:
    await _pump(client, dyno, lambda _: None)
    if client.lost:
        dyno.close(_LAST_BYTES_SECONDS)
    else:
        dyno.finish()


async def _pump(source: Connection, target: Connection, moved: Callable[[int], None]) -> None:
    first = take(source.buffer, len(source.buffer))
    target.write(first)
    moved(len(first))
    await source.forward(target, sys.maxsize, moved)
