"""Read something in a thread of its own while what has been read is worked on, and check what went through."""

from __future__ import annotations

import base64
import hashlib
import io
import queue
import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

PIECE = 1 << 18
_PIECES = 16


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Checked(io.RawIOBase):
    """Reads `source`, and knows whether all that was read has the checksum `ALGORITHM-BASE64`; none asks for none.

    `told` is what an error of the source is turned into.
    """

    def __init__(self, source: Readable, integrity: str, told: Callable[[Exception], Exception]) -> None:
        self._source = source
        algorithm, _, self._expected = (integrity.split(maxsplit=1) or [""])[0].partition("-")
        self._digest = hashlib.new(algorithm, usedforsecurity=False) if algorithm else None
        self._told = told

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        try:
            piece = self._source.read(len(view))
        except Exception as exc:
            raise self._told(exc) from exc
        if self._digest is not None:
            self._digest.update(piece)
        view[: len(piece)] = piece
        return len(piece)

    def is_right(self) -> bool:
        """Read what is left, and tell."""
        while self.read(PIECE):
            continue
        return self._digest is None or base64.b64encode(self._digest.digest()).decode() == self._expected


class ReadAhead(io.RawIOBase):
    """A thread reads `source` a few megabytes ahead; an error there is raised here. Leave the block to end it."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._pieces: queue.Queue[bytes | Exception] = queue.Queue(_PIECES)
        self._rest = memoryview(b"")
        self._is_over = False
        self._thread = threading.Thread(target=self._work, name="read-ahead", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        while self._thread.is_alive():
            self._drain()
            self._thread.join(0.01)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        if not self._rest and not self._is_over:
            piece = self._pieces.get()
            if isinstance(piece, Exception):
                self._is_over = True
                raise piece
            self._rest, self._is_over = memoryview(piece), not piece
        size = min(len(view), len(self._rest))
        view[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def _work(self) -> None:
        try:
            while not self._is_over and (piece := self._source.read(PIECE)):
                self._pieces.put(piece)
            self._pieces.put(b"")
        except Exception as exc:  # noqa: BLE001 - whoever reads is told
            self._pieces.put(exc)

    def _drain(self) -> None:
        while not self._pieces.empty():
            self._pieces.get_nowait()
