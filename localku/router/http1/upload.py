"""A request's body on its way to the dyno."""

from __future__ import annotations

from localku.router.codes import H26, H27, Failed
from localku.router.connection import Connection
from localku.router.http1.bodies import Chunked, Decoder, Fixed, chunk, last_chunk
from localku.router.http1.http_lines import Malformed
from localku.router.http1.request import Framing


class Upload:
    def __init__(self, client: Connection, framing: Framing) -> None:
        self._client = client
        self._chunked = framing.chunked
        self._body: Decoder = Chunked() if framing.chunked else Fixed(framing.length)
        self._ended = self._body.done

    @property
    def done(self) -> bool:
        return self._ended

    def step(self) -> bytes:
        """What has arrived, framed for the dyno. Raises Failed with H26, cause "bad chunk"."""
        if self._ended:
            return b""
        try:
            piece = self._body.take(self._client.buffer)
        except Malformed as bad:
            raise Failed(H26.because("bad chunk", 400), bad.reason) from bad
        self._ended = self._body.done
        if not self._chunked:
            return piece
        return chunk(piece) + (last_chunk(self._body.trailers) if self._ended else b"")

    async def run(self, dyno: Connection) -> None:
        """Send the rest as it comes, no faster than the dyno reads. Raises Failed with H26 or H27."""
        while not self._ended and not dyno.lost:
            await dyno.drain()
            dyno.write(self.step())
            await self._more(dyno)

    async def _more(self, dyno: Connection) -> None:
        if self._ended:
            return
        if self._body.untouched:
            await self._client.forward(dyno, self._body.untouched, self._passed)
            gone = self._client.ended and not self.done
        else:
            gone = not await self._client.fill()
        if gone:
            raise Failed(H27)

    def _passed(self, size: int) -> None:
        self._body.passed(size)
        self._ended = self._body.done
