"""Routes that ask for no token: a link that is signed lets in by itself, and some answers are nobody's secret.

A page of a browser is refused here as everywhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from localku.api import api_errors, api_guard
from localku.errors import LocalkuError

Serve = Callable[[Request], Awaitable[Response]]


def by_link(serve: Serve) -> Serve:
    """For who follows a link: refusals and errors are a line of text."""

    async def guarded(request: Request) -> Response:
        if refused := api_guard.refuse_strangers(request.headers):
            return PlainTextResponse(f"{refused.body['message']}\n", refused.status)
        try:
            return await serve(request)
        except LocalkuError as error:
            return PlainTextResponse(f"{error.message}\n", api_errors.STATUS[error.kind])

    return guarded


def for_all(serve: Serve) -> Serve:
    """For clients of an API: a refusal is JSON."""

    async def guarded(request: Request) -> Response:
        if refused := api_guard.refuse_strangers(request.headers):
            return JSONResponse(dict(refused.body), refused.status)
        return await serve(request)

    return guarded
