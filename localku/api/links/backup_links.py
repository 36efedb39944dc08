"""Backups by a link that is signed and has not expired: whoever has it needs no token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from localku.platform.backups import link_signatures

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from localku.context import Context
    from localku.transfer_records import Transfer

PATH = "/backups/{transfer}/{file}"


class BackupLinks:
    def __init__(self, context: Context) -> None:
        self._context = context

    async def serve(self, request: Request) -> Response:
        """Send the file, or say why it is not to be had."""
        target = f"{request.url.path}?{request.url.query}"
        transfer, file = await run_in_threadpool(self._followed, target)
        return FileResponse(
            file, media_type="application/octet-stream", filename=f"{transfer.name}.dump", headers={"ETag": ""}
        )

    def _followed(self, target: str) -> tuple[Transfer, Path]:
        return link_signatures.followed(self._context, target)
