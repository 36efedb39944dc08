"""A command in a running container, with its input and output: gigabytes may go through, a piece at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

from localku.engine.engine_errors import EngineUnavailable, explained
from localku.engine.two_way import TwoWay

if TYPE_CHECKING:
    from docker import APIClient

END_SECONDS, LOOK = 10.0, 0.02
"""Real seconds from the end of its output until the engine knows its exit status."""


class ExecStream:
    def __init__(self, api: APIClient, ident: str, stream: TwoWay) -> None:
        self._api = api
        self._ident = ident
        self._stream = stream
        stream.wait_for_ever()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.hang_up()

    def begin(self) -> None:
        """Start the command: not before somebody listens, for the engine's library may lose the first words."""
        self._stream.send(b"\n")

    def send(self, data: bytes) -> None:
        """Raises OSError where the command has ended."""
        self._stream.send(data)

    def end_input(self) -> None:
        self._stream.end_input()

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """Yield (1, stdout) and (2, stderr) pieces until the command has ended."""
        return self._stream.frames()

    def exit_status(self) -> int:
        """After the last frame. Raises EngineUnavailable where the engine does not know it, as after its restart."""
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline:
            with explained("Could not ask how a command in the container has ended"):
                found = self._api.exec_inspect(self._ident)
            if not found["Running"] and found["ExitCode"] is not None:
                return int(found["ExitCode"])
            time.sleep(LOOK)
        raise EngineUnavailable("The engine does not tell how a command in the container has ended.")
