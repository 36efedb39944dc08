"""Tells of containers that end: one stream of the engine's events for all containers of a state folder."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from localku.engine import labels, streams
from localku.engine.engine_errors import explained
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
        self._stream: streams.Stream | None = None
        self._turn = threading.Lock()

    def start(self) -> None:
        threading.Thread(target=self._run, name="endings", daemon=True).start()

    def stop(self) -> None:
        """Listen no more, at once."""
        self._over.set()
        with self._turn:
            if self._stream is not None:
                self._stream.hang_up()

    def _run(self) -> None:
        while not self._over.is_set():
            with suppress(LocalkuError):  # the engine is away
                self._listen()
            self._over.wait(RETRY)

    def _listen(self) -> None:
        params = {"since": int(time.time()) - BEFORE, "filters": json.dumps(self._filters)}
        with explained("Could not follow the engine's events"):
            stream = streams.opened(self._engine.api, "GET", "/events", params)
        try:
            with self._turn:
                stream.wait_for_ever()
                self._stream = stream
                if self._over.is_set():
                    return
            self._back()
            with explained("Lost the engine's events"):
                for line in _lines(stream.blocks()):
                    self._tell(json.loads(line))
        finally:
            stream.close()

    def _tell(self, event: Mapping[str, Any]) -> None:
        actor = event.get("Actor") or {}
        app = (actor.get("Attributes") or {}).get(labels.APP)
        if app and not self._over.is_set():
            self._heard(str(app), str(actor.get("ID", "")))


def _lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Cut a stream into whole lines, without those that are empty."""
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        yield from filter(bytes.strip, lines)
