"""An answer of the engine as it comes out of a socket: its head, its body, the end of a body in chunks."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping

LONGEST_HEAD = 1 << 16
"""Bytes of a status line and headers, at most."""

BLOCK = 64 * 1024

_END = b"\r\n\r\n"

Headers = Mapping[str, str]


def head(connection: socket.socket) -> tuple[int, Headers]:
    """Read a status and headers, and nothing that comes after them: that may be a stream, which is somebody else's."""
    found = bytearray()
    while not found.endswith(_END):
        ahead = connection.recv(LONGEST_HEAD, socket.MSG_PEEK)
        if not ahead or len(found) > LONGEST_HEAD:
            raise ConnectionError("Connection aborted")
        end = (found + ahead).find(_END)
        found += connection.recv(len(ahead) if end < 0 else end + len(_END) - len(found))
    first, *rows = found.decode("latin-1").split("\r\n")
    version, _, status = first.partition(" ")
    if not version.startswith("HTTP/1.") or not status[:3].isdigit():
        raise ConnectionError(f"no HTTP: {first}")
    fields = (row.partition(":") for row in rows if row)
    return int(status[:3]), {name.lower(): value.strip() for name, _, value in fields}


def content(connection: socket.socket, headers: Headers) -> bytes:
    """Read the body of an answer: of so many bytes, in chunks, or to the end of the connection."""
    if is_chunked(headers):
        return b"".join(unchunked(pieces(connection.recv)))
    with connection.makefile("rb") as rest:
        size = int(headers["content-length"]) if "content-length" in headers else None
        found = rest.read(size)
    if size is not None and len(found) < size:
        raise ConnectionError("Connection broken")
    return found


def message(body: bytes) -> str:
    """Return what an answer that is an error says."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, LookupError, TypeError):
        return body.decode(errors="replace").strip()


def is_chunked(headers: Headers) -> bool:
    return headers.get("transfer-encoding", "").lower() == "chunked"


def pieces(read: Callable[[int], bytes], gather: float = 0.0) -> Iterator[bytes]:
    """Yield what there is, until nothing comes any more. `gather`: seconds to wait after a small piece."""
    while piece := read(BLOCK):
        yield piece
        if gather and len(piece) < BLOCK // 2:
            time.sleep(gather)


def unchunked(found: Iterator[bytes]) -> Iterator[bytes]:
    """Undo HTTP's chunked transfer coding (RFC 9112, 7.1) up to its last chunk; the engine sends no trailers.

    Raise ConnectionError where that does not come.
    """
    rest = b""
    for piece in found:
        bodies: list[bytes] = []
        data, begin = rest + piece, 0
        while (line := data.find(b"\r\n", begin)) >= 0:
            size = int(data[begin:line].partition(b";")[0], 16)
            body = line + 2
            if size == 0:
                yield b"".join(bodies)
                return
            if body + size + 2 > len(data):
                break
            bodies.append(data[body : body + size])
            begin = body + size + 2
        rest = data[begin:]
        if bodies:
            yield b"".join(bodies)
    raise ConnectionError("Connection broken")
