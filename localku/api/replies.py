"""Answers as Heroku's API sends them: JSON with an ETag, a request's id, what is left of the rate limit, and parts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from starlette.responses import Response

from localku.api import ranges
from localku.api.call import Answer
from localku.platform.views import View

if TYPE_CHECKING:
    from starlette.requests import Request

RATE_LIMIT = 4500
"""Requests an hour (Platform API Reference, "Rate Limits"). Here nobody is limited: it never gets less."""

CHANGING = ("POST", "PATCH", "PUT", "DELETE")


def reply(request: Request, answer: Answer) -> Response:
    """An answer, of a list the part that is wanted; 304 where the client has it already."""
    content, status, headers = answer.content, answer.status, {}
    if isinstance(content, Sequence) and request.method == "GET":
        part = ranges.cut(content, ranges.parse(request.headers.get("range")))
        if part is not None:
            content = part.items
            headers = {"Content-Range": part.content} if part.content else {}
        if part is not None and part.next:
            status, headers = 206, {**headers, "Next-Range": part.next}
        headers["Accept-Ranges"] = ", ".join(_fields(answer.content)) or "id"
    return _encoded(request, content, status, headers)


def refusal(
    request: Request, status: int, body: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> Response:
    return _encoded(request, body, status, dict(headers or {}))


def _encoded(request: Request, content: object, status: int, headers: dict[str, str]) -> Response:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    headers = {
        **headers,
        "Cache-Control": "private, no-cache",
        "RateLimit-Remaining": str(RATE_LIMIT),
        "Request-Id": request.state.request_id,
        "Vary": "Authorization, Accept-Encoding",
    }
    if request.method in CHANGING or status >= 400:  # noqa: PLR2004
        return Response(text, status, headers, "application/json")
    headers["ETag"] = etag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    if etag in request.headers.get("if-none-match", ""):
        return Response(b"", 304, headers)
    return Response(text, status, headers, "application/json")


def _fields(content: View | Sequence[View]) -> list[str]:
    """What a list can be asked for in parts by."""
    first = content[0] if isinstance(content, Sequence) and content else {}
    return [name for name in ("id", "name", "version", "hostname", "started_at", "updated_at") if name in first]
