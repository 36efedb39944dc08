"""After `101 Switching Protocols` the router only moves bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from localku.router.bodies import take
from localku.router.connection import Connection

_PATIENCE = 1.0  # seconds for the last bytes to go out


async def run(client: Connection, dyno: Connection, sent: Callable[[int], None]) -> None:
    """Move bytes both ways until both sides are done. `sent` hears how many go to the client."""
    async with asyncio.TaskGroup() as both:
        both.create_task(_pump(client, dyno, lambda _: None))
        both.create_task(_pump(dyno, client, sent))


async def _pump(source: Connection, target: Connection, moved: Callable[[int], None]) -> None:
    while True:
        if source.buffer:
            piece = take(source.buffer, len(source.buffer))
            target.write(piece)
            moved(len(piece))
            await target.drain()
        elif not await source.fill():
            break
    if source.lost:
        target.close(_PATIENCE)
    else:
        target.finish()
