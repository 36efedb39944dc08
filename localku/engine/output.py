"""What a container has printed, as the engine's `logs` hands it out: frames, each one message with its time.

A frame is eight bytes (1 for stdout or 2 for stderr, three zeros, the length in big endian), then an RFC 3339 time
with nanoseconds, a space and the text with its newline (Docker's API, "Attach to a container", stream format). A
line of more than 16 KB comes in several frames with the time of the first, and only the last has a newline.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from localku.engine.streams import Stream

HEAD = 8

GATHER = 0.0005
"""Seconds to wait after a small piece: the engine writes each message by itself, and each read costs a call."""


class Doorbell(Protocol):
    """Rings when a container prints; `over` when there is nothing more to wait for, or nobody to tell."""

    @property
    def over(self) -> bool: ...

    def wait(self, seconds: float) -> bool:
        """Return at the next ring, at the end, or after so long; whether it was a ring or the end."""

    def hang_up(self) -> None: ...


def asked(tail: int | None = None, since: datetime | None = None) -> Mapping[str, object]:
    """Ask for the frames that the engine has by now, the last `tail` of them, those that are not before `since`."""
    params: dict[str, object] = {"timestamps": 1, "tail": "all" if tail is None else tail}
    return params if since is None else {**params, "since": f"{since.timestamp():.6f}"}


def printed(stream: Stream) -> Iterator[list[bytes]]:
    """Yield the frames of a stream that is not followed, and close it."""
    try:
        yield from frames(stream.blocks(GATHER))
    finally:
        stream.close()


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
