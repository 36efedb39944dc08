"""Where a client puts the source of a build, and where it is read again: `/sources/{link}`, by a signed link."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, PlainTextResponse, Response

from localku.api import api_errors
from localku.api.links.signed_links import Links
from localku.errors import Kind, LocalkuError
from localku.platform.deploying.sent import source_blobs

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from localku.context import Context

PATH = "/sources"
GET, PUT = "source", "source-to-come"
"""What a link is for: who may read a source may not write it."""


def made(links: Links, place: str, purpose: str, ident: str, now: datetime) -> str:
    return f"{place}{PATH}/{links.made(purpose, {'id': ident}, now + source_blobs.GOOD_FOR)}"


def source_of(links: Links, place: str, url: str, now: datetime) -> str | None:
    """The id of the source that this URL is of; None of a URL elsewhere. Raises LocalkuError for a link too old."""
    start = f"{place}{PATH}/"
    if not url.startswith(start):
        return None
    return str(links.read(GET, url.removeprefix(start), now)["id"])


class SourceLinks:
    """Serves the links to whoever has one."""

    def __init__(self, context: Context, links: Links) -> None:
        self._context = context
        self._links = links

    async def serve(self, request: Request) -> Response:
        """`GET` and `PUT /sources/{link}`."""
        try:
            if request.method == "PUT":
                await self._take(self._id(request, PUT), request)
                return Response(b"", 200)
            return FileResponse(await run_in_threadpool(self._file, self._id(request, GET)), headers={"ETag": ""})
        except LocalkuError as error:
            status = 413 if error.kind is Kind.INVALID else api_errors.STATUS[error.kind]
            return PlainTextResponse(f"{error.message}\n", status)
        except ClientDisconnect:
            return Response(b"", 400)

    def _id(self, request: Request, purpose: str) -> str:
        return str(self._links.read(purpose, request.path_params["link"], self._context.clock.now())["id"])

    def _file(self, ident: str) -> Path:
        return source_blobs.file(self._context, ident)

    async def _take(self, ident: str, request: Request) -> None:
        with source_blobs.Arriving(self._context, ident) as arriving:
            async for piece in request.stream():
                await run_in_threadpool(arriving.write, piece)
