"""One build container: made, sent what it shall build, listened to, and taken away."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import Self

from localku.clock import Clock
from localku.engine.client import Engine
from localku.engine.two_way import TwoWay
from localku.errors import LocalkuError
from localku.slugs.build_limits import COMPILE_SECONDS
from localku.slugs.building import furnished, order, standby
from localku.slugs.building.ahead import Aside
from localku.slugs.building.build_spec import spec
from localku.slugs.building.build_stream import Line, parsed
from localku.slugs.building.job import Job
from localku.slugs.building.parcel import Pack
from localku.slugs.inside.events import Event, Missing, Packed

LOOK_SECONDS = 0.2
"""How often a build is held against its time limit."""


class BuildContainer:
    """Create, feed, run and remove; use as a context manager so that nothing is left behind."""

    def __init__(self, engine: Engine, job: Job, clock: Clock, aside: Aside) -> None:
        self._engine = engine
        self._job = job
        self._clock = clock
        self._aside = aside
        self._id = ""
        self._key = secrets.token_hex(32)
        self._stream: TwoWay | None = None
        self._pack: Pack | None = None
        self._is_over = False
        self.timed_out = False

    def __enter__(self) -> Self:
        waiting = standby.take(self._engine, self._job, self._clock.now())
        if waiting is None:
            self._start()
        else:
            self._attach(waiting)
        return self

    def _start(self) -> None:
        self._engine.volumes.ensure(self._job.volume, self._job.labels)
        containers = self._engine.containers
        self._attach(furnished.container(self._engine, self._job, spec(self._job)))
        try:
            containers.start(self._id)
        except BaseException:
            containers.remove(self._id)
            raise

    def _attach(self, container: str) -> None:
        self._id = container
        try:
            self._stream = self._engine.containers.attach_socket(container)
        except BaseException:
            self._engine.containers.remove(container)
            raise

    def __exit__(self, *_: object) -> None:
        """Let it end, upon which the engine takes it away; end one whose build has not come to its end."""
        if self._stream is not None:
            self._stream.hang_up()
        if not self._is_over:
            self._aside(lambda: self._engine.containers.remove(self._id))

    def feed(self, pack: Pack) -> None:
        """Send it the order, the config vars and the source; of a large app's source what it asks for, later.

        While it works on them, the next build's container is made.
        """
        self._pack = pack
        parcel = pack(None) if self._job.offer is None else None
        self._send(order.sent(self._job, self._key))
        if parcel is not None:
            self._send(order.source(parcel))
        if self._job.again:
            self._aside(lambda: standby.prepare(self._engine, self._job))

    def run(self) -> Iterator[Line | Event]:
        """Yield what the chain prints and reports, live; killed after Heroku's 15 minutes.

        Ends with the report of a slug, or with the container.
        """
        over = threading.Event()
        threading.Thread(target=self._watch, args=(over,), name="build-limit", daemon=True).start()
        try:
            for item in parsed((chunk for _, chunk in self._attached.frames()), self._job, self._key):
                if isinstance(item, Missing):
                    self._supply(item.paths)
                    continue
                yield item
                if isinstance(item, Packed):
                    self._is_over = True
                    return
        finally:
            over.set()

    def _supply(self, paths: Collection[str]) -> None:
        """Send it the files that it asks for."""
        if self._pack is None:
            raise RuntimeError("not fed")
        parcel = self._pack(paths)
        with suppress(OSError):  # that the container has ended shows in what it does not say any more
            self._send(order.source(parcel, asked=True))

    def _send(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self._attached.send(piece)

    @property
    def _attached(self) -> TwoWay:
        if self._stream is None:
            raise RuntimeError("not entered")
        return self._stream

    def _watch(self, over: threading.Event) -> None:
        deadline = self._clock.monotonic() + COMPILE_SECONDS
        while not over.wait(LOOK_SECONDS):
            if self._clock.monotonic() > deadline:
                self.timed_out = True
                with suppress(LocalkuError):  # an engine that is gone has ended the build, too
                    self._engine.containers.kill(self._id)
                return
