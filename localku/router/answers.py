"""Whole responses of the router's own."""

from __future__ import annotations

from http import HTTPStatus

from localku.router import pages
from localku.router.codes import Failed
from localku.router.http1.headers import SERVER, VIA
from localku.router.http1.request import BadRequest, Request
from localku.router.record import Record
from localku.router.routing.routes import Route

_PHRASES = {499: "Client Closed Request"}


def failed(record: Record, route: Route, error: Failed, *, keep_alive: bool) -> bytes:
    """The answer to a request that ended with an H-code which has a status."""
    status = error.code.status or HTTPStatus.SERVICE_UNAVAILABLE
    url = route.maintenance_page_url if error.code.name == "H80" else route.error_page_url
    if url and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        title = "Offline for maintenance" if error.code.name == "H80" else "Application error"
        page = pages.framed(url, title)
    else:
        page = pages.failure(route.name, error.code, error.reason, record.ident.decode())
    return _whole(status, page, record.request, keep_alive=keep_alive)


def no_such_app(request: Request, *, keep_alive: bool) -> bytes:
    return _whole(HTTPStatus.NOT_FOUND, pages.no_such_app(request.host), request, keep_alive=keep_alive)


def bad_request(error: BadRequest) -> bytes:
    return _whole(error.status, pages.bad_request(error.status, error.reason), None, keep_alive=False)


def stopped() -> bytes:
    """The answer to a request that has come in part when the router ends."""
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return _whole(status, pages.bad_request(status, "the router was stopped"), None, keep_alive=False)


def _whole(status: int, page: bytes, request: Request | None, *, keep_alive: bool) -> bytes:
    phrase = _PHRASES.get(status) or HTTPStatus(status).phrase
    head = (
        f"HTTP/1.1 {status:d} {phrase}\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(page)}\r\n"
        "Cache-Control: no-cache, no-store\r\n"
    ).encode()
    head += b"Server: " + SERVER + b"\r\nVia: " + VIA + b"\r\n"
    if not keep_alive:
        head += b"Connection: close\r\n"
    elif request is not None and not request.minor:
        head += b"Connection: keep-alive\r\n"
    return head + b"\r\n" + (b"" if request is not None and request.method == b"HEAD" else page)
