"""Tells when a container prints something: what the engine's follower is good for, which loses lines at a rotation."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from localku.engine.output import opened
from localku.engine.two_way import raw_socket


class FollowingDoorbell:
    """Follows a container's output in a thread of its own and throws it away."""

    def __init__(self, api: Any, container: str) -> None:
        self._response = opened(api, container, {"tail": 0, "follow": 1})
        self._socket = raw_socket(api._get_raw_response_socket(self._response))  # noqa: SLF001
        self._socket.settimeout(None)
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
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        try:
            for _ in self._response.iter_content(None):
                self._rung.set()
        except (RequestException, HTTPError, OSError, ValueError):
            pass  # hung up, or the engine is gone: whoever asks it next hears that
        finally:
            self._over.set()
            self._rung.set()
            self._response.close()
