"""Ends what a task is doing because of something that happened elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Interruptible:
    """`with Interruptible() as wait:` around awaits; `wait.interrupt(error)` raises `error` out of them.

    A vanished client, a timer that ran out, an upload that failed: each would otherwise need a task
    and a queue of its own. It works as `asyncio.timeout` does, for any cause.
    """

    __slots__ = ("_task", "wake", "why")

    def __init__(self) -> None:
        self.why: Exception | None = None
        self.wake: Callable[[], None] | None = None
        """Where there is one, an interruption before `with` counts: it is called, and `with` raises the error."""
        self._task: asyncio.Task[object] | None = None

    def __enter__(self) -> Self:
        if self.why is not None:
            raise self.why
        self._task = asyncio.current_task()
        return self

    def interrupt(self, why: Exception) -> None:
        """Must not be called by the guarded task itself. Only the first call counts."""
        if self.why is not None:
            return
        if self._task is not None:
            self.why = why
            self._task.cancel()
        elif self.wake is not None:
            self.why = why
            self.wake()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, self._task = self._task, None
        if self.why is None or task is None:
            return
        if task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise self.why from None
