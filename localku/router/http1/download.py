"""A response's body on its way to the client."""

from __future__ import annotations

from http import HTTPStatus

from localku.router.http1.bodies import (
    Chunked,
    Decoder,
    Fixed,
    UntilClose,
    chunk,
    last_chunk,
)
from localku.router.http1.request import Request
from localku.router.http1.response import Response

_NO_CONTENT = int(HTTPStatus.NO_CONTENT)


class Download:
    """`chunked`: how the client gets it. `delimited`: the client sees its end without a closed connection.

    `reusable`: so does the router, on the dyno's side.
    """

    def __init__(self, request: Request, response: Response) -> None:
        has_body = response.has_body(request.method)
        self._body: Decoder = _decoder(response) if has_body else Fixed(0)
        self.chunked = has_body and request.minor == 1 and response.length is None
        self.delimited = not has_body or self.chunked or response.length is not None
        self.reusable = not isinstance(self._body, UntilClose) and not (
            response.status == _NO_CONTENT and _announces_a_body(response)
        )
        self.done = False

    def step(self, buffer: bytearray) -> bytes:
        """What has arrived, framed for the client. Raises Malformed."""
        piece = self._body.take(buffer)
        self.done = self._body.done
        if not self.chunked:
            return piece
        return chunk(piece) + (last_chunk(self._body.trailers) if self.done else b"")

    @property
    def untouched(self) -> int:
        """How many bytes more go to the client as they are; 0 where each piece needs `step`."""
        return 0 if self.chunked else self._body.untouched

    def passed(self, size: int) -> None:
        """So many of them went by without `step`."""
        self._body.passed(size)
        self.done = self._body.done

    def ended(self) -> bool:
        """The dyno closed the connection: whether the body may end there."""
        return self._body.ended()


def _decoder(response: Response) -> Decoder:
    if response.chunked:
        return Chunked()
    return UntilClose() if response.length is None else Fixed(response.length)


def _announces_a_body(response: Response) -> bool:
    """What a 204 must not: a dyno that sends it, too, would answer the next request with it."""
    return response.chunked or bool(response.length)
