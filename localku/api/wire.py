"""What a request's connection can do beside carrying its answer: an extension of our own of ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from starlette.requests import Request

NAME = "localku.wire"
"""Of the extension in a request's scope (ASGI specification, "Extensions")."""

PATIENCE = 25.0
"""Real seconds: Heroku's CLI gives a connection up that is silent for 60 (github.com/heroku/http-call, http.ts)."""

Answer = TypeVar("Answer")


class Wire(Protocol):
    def end_with_connection(self) -> None:
        """Have the answer end with the connection alone, so that a server that was killed looks like its end.

        A body in chunks that stops is an error to Heroku's CLI, one that ends like this is what it comes again after.
        """

    def promise(self) -> None:
        """Tell the client that the answer will come: `100 Continue`, which clients skip (RFC 9110, 15.2)."""


def of(request: Request) -> Wire | None:
    """None where another server than ours serves the application."""
    found: Wire | None = request.scope.get("extensions", {}).get(NAME)
    return found


async def awaited(request: Request, work: Coroutine[None, None, Answer], patience: float = PATIENCE) -> Answer:
    """Await the work, however long it takes; the client does not give up meanwhile."""
    wire, working = of(request), asyncio.ensure_future(work)
    try:
        while wire is not None and not (await asyncio.wait({working}, timeout=patience))[0]:
            wire.promise()
        return await working
    finally:
        working.cancel()
