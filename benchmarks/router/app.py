"""The app behind every contender: a few bytes, 64 MB, or a count of what was uploaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

LARGE = 64 * 1024 * 1024
_PIECE = b"x" * (1024 * 1024)
_HELLO = b"Hello, World!"

Start = Callable[[str, list[tuple[str, str]]], object]


def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/large":
        start("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(LARGE))])
        return (_PIECE for _ in range(LARGE // len(_PIECE)))
    body = _HELLO
    if path == "/upload":
        total = 0
        while piece := environ["wsgi.input"].read(len(_PIECE)):
            total += len(piece)
        body = str(total).encode()
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
