"""What builds and release commands print, as a stream that goes on to its end: `/streams/{link}`, by a signed link."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from localku.api.links.stream_urls import BUILD, RELEASE
from localku.errors import Kind, LocalkuError
from localku.platform import apps
from localku.platform.deploying import builds
from localku.platform.releasing import release_output, releases

if TYPE_CHECKING:
    from starlette.requests import Request

    from localku.api.links.signed_links import Links
    from localku.context import Context

_RANGE = re.compile(r"bytes=([0-9]{1,15})-\Z")


class OutputStreams:
    """Serves the links to whoever has one."""

    def __init__(self, context: Context, links: Links) -> None:
        self._context = context
        self._links = links

    async def serve(self, request: Request) -> Response:
        """`GET /streams/{link}`: plain text; who comes again asks for the rest by `Range: bytes=N-`."""
        pieces = await run_in_threadpool(self._opened, request.path_params["link"])
        again = _RANGE.match(request.headers.get("range", ""))
        return StreamingResponse(
            _sent(pieces, int(again[1]) if again else 0),
            206 if again else 200,
            headers={"Cache-Control": "no-cache", "Accept-Ranges": "bytes"},
            media_type="text/plain; charset=utf-8",
        )

    def _opened(self, link: str) -> Iterator[bytes]:
        now = self._context.clock.now()
        try:
            asked, purpose = self._links.read(BUILD, link, now), BUILD
        except LocalkuError:
            asked, purpose = self._links.read(RELEASE, link, now), RELEASE
        app, name = apps.identified(self._context, str(asked["app"])), str(asked["name"])
        if purpose == BUILD:
            return builds.output(self._context, app, builds.find(self._context, app, name))
        found = release_output.read(self._context, app, releases.find(self._context, app, name))
        if found is None:
            raise LocalkuError("This release has no output any more.", kind=Kind.NOT_FOUND, resource="release")
        return found


async def _sent(pieces: Iterator[bytes], skipped: int) -> AsyncIterator[bytes]:
    """Each look has a thread for its time alone, so that many may wait."""
    while (piece := await run_in_threadpool(next, pieces, None)) is not None:
        kept = piece[skipped:]
        skipped -= len(piece) - len(kept)
        if kept:
            yield kept
