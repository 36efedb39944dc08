"""Tells when a container prints something: what the engine's follower is good for, which loses lines at a rotation."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localku.engine.streams import Stream


class FollowingDoorbell:
    """Follows a container's output in a thread of its own and throws it away."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._stream.wait_for_ever()
        self._rung = threading.Event()
        self._over = threading.Event()
        threading.Thread(target=self._listen, name="doorbell", daemon=True).start()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def wait(self, seconds: float) -> bool:
        rung = self._rung.wait(seconds)
        self._rung.clear()
        return rung

    def hang_up(self) -> None:
        """Let go of the stream, whoever reads it just now."""
        self._over.set()
        self._stream.hang_up()

    def _listen(self) -> None:
        try:
            for _ in self._stream.blocks():
                self._rung.set()
        except (OSError, ValueError):
            pass  # hung up, or the engine is gone: whoever asks it next hears that
        finally:
            self._over.set()
            self._rung.set()
            self._stream.close()
