"""Tells of containers that end: one stream of the engine's events for all containers of a state folder."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from localku.engine import labels
from localku.engine.engine_errors import explained
from localku.engine.two_way import raw_socket
from localku.errors import LocalkuError

if TYPE_CHECKING:
    from localku.engine.client import Engine

EVENTS = ("die", "oom", "stop", "kill", "destroy")
"""Of containers (Docker's API, "Monitor events"): `oom` is a process that was killed, and maybe not the last one."""

RETRY = 1.0
"""Real seconds between two attempts to reach an engine that is away."""

BEFORE = 2
"""Seconds before it begins to listen from which on it is told too: the engine answers a moment before it listens."""


class Endings:
    """`heard` is told what the app's label says, and the container; `back` that the engine answers, at the start too.

    What happens while the engine is away nobody tells: `back` is when to look at everything. Both are called in a
    thread of this class.
    """

    def __init__(
        self, engine: Engine, home_id: str, heard: Callable[[str, str], None], back: Callable[[], None]
    ) -> None:
        self._engine = engine
        self._filters = {"type": ["container"], "event": list(EVENTS), "label": [f"{labels.HOME}={home_id}"]}
        self._heard = heard
        self._back = back
        self._over = threading.Event()
        self._socket: socket.socket | None = None
        self._turn = threading.Lock()

    def start(self) -> None:
        threading.Thread(target=self._run, name="endings", daemon=True).start()

    def stop(self) -> None:
        """Listen no more, at once."""
        self._over.set()
        with self._turn, suppress(OSError):  # it is over already
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        while not self._over.is_set():
            with suppress(LocalkuError):  # the engine is away
                self._listen()
            self._over.wait(RETRY)

    def _listen(self) -> None:
        with explained("Could not follow the engine's events"):
            api: Any = self._engine.api
            response = self._opened(api)
        try:
            with self._turn:
                self._socket = raw_socket(api._get_raw_response_socket(response))  # noqa: SLF001
                self._socket.settimeout(None)
                if self._over.is_set():
                    return
            self._back()
            with explained("Lost the engine's events"):
                for event in api._stream_helper(response, decode=True):  # noqa: SLF001
                    self._tell(event)
        finally:
            response.close()

    def _opened(self, api: Any) -> Any:
        """Open the stream: docker-py's own takes an error for an event."""
        params = {"since": int(time.time()) - BEFORE, "filters": json.dumps(self._filters)}
        response = api._get(api._url("/events"), params=params, stream=True, timeout=None)  # noqa: SLF001
        api._raise_for_status(response)  # noqa: SLF001
        return response

    def _tell(self, event: Mapping[str, Any]) -> None:
        actor = event.get("Actor") or {}
        app = (actor.get("Attributes") or {}).get(labels.APP)
        if app and not self._over.is_set():
            self._heard(str(app), str(actor.get("ID", "")))
