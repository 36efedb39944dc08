"""What a container has printed, as the engine's `logs` hands it out: frames, each one message with its time.

A frame is eight bytes (1 for stdout or 2 for stderr, three zeros, the length in big endian), then an RFC 3339 time
with nanoseconds, a space and the text with its newline (Docker's API, "Attach to a container", stream format). A
line of more than 16 KB comes in several frames with the time of the first, and only the last has a newline.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

HEAD = 8

BLOCK = 64 * 1024
GATHER = 0.0005
"""Seconds to wait after a small piece: the engine writes each message by itself, and each read costs a call."""


class Doorbell(Protocol):
    """Rings when a container prints; `over` when there is nothing more to wait for, or nobody to tell."""

    @property
    def over(self) -> bool: ...

    def wait(self, seconds: float) -> bool:
        """Return at the next ring, at the end, or after so long; whether it was a ring or the end."""

    def hang_up(self) -> None: ...


def printed(api: Any, container: str, tail: int | None = None, since: datetime | None = None) -> Iterator[list[bytes]]:
    """Yield the frames that the engine has by now, of those the last `tail`, of those what is not before `since`."""
    params: dict[str, object] = {"timestamps": 1, "tail": "all" if tail is None else tail}
    if since is not None:
        params["since"] = f"{since.timestamp():.6f}"
    response = opened(api, container, params)
    try:
        yield from frames(blocks(response))
    finally:
        response.close()


def opened(api: Any, container: str, params: Mapping[str, object]) -> Any:
    """Open a stream of the engine's `logs`: docker-py's own asks what the container is first, each time."""
    url, params = api._url("/containers/{0}/logs", container), {"stdout": 1, "stderr": 1, **params}  # noqa: SLF001
    response = api._get(url, params=params, stream=True)  # noqa: SLF001
    api._raise_for_status(response)  # noqa: SLF001
    return response


def frames(blocks: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Cut a stream into whole frames, as many at a time as each block completes."""
    rest = b""
    for block in blocks:
        found: list[bytes] = []
        data, begin = rest + block, 0
        while (end := begin + HEAD) <= len(data):
            end += int.from_bytes(data[begin + 4 : end], "big")
            if end > len(data):
                break
            found.append(data[begin:end])
            begin = end
        rest = data[begin:]
        if found:
            yield found


def blocks(response: Any) -> Iterator[bytes]:
    """The body of a streamed `requests` response, quicker than its own way where there are many small chunks."""
    answer = getattr(response.raw, "_fp", None)
    read = getattr(getattr(answer, "fp", None), "read1", None)
    if read is None or not getattr(answer, "chunked", False):
        return iter(response.iter_content(BLOCK))
    return _unchunked(_gathered(read))


def _gathered(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while piece := read(BLOCK):
        yield piece
        if len(piece) < BLOCK // 2:
            time.sleep(GATHER)


def _unchunked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Undo HTTP's chunked transfer coding (RFC 9112, 7.1) up to its last chunk; the engine sends no trailers."""
    rest = b""
    for piece in pieces:
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
