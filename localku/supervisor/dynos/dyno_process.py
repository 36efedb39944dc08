"""What all dynos of an app share, and the running container of one of them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from localku.engine.engine_errors import NotFound

if TYPE_CHECKING:
    from localku.clock import Clock
    from localku.context import Context
    from localku.engine.containers import Container
    from localku.records import App
    from localku.supervisor.dynos.kill_snapshot import KillSnapshot
    from localku.supervisor.dynos.parting import Parting
    from localku.supervisor.dynos.record_sink import RecordSink
    from localku.supervisor.output.journal import Journal
    from localku.supervisor.supervisor_limits import Limits


class Output(Protocol):
    """What carries the output of a process into the log; `over` is set when there is no more."""

    over: threading.Event

    def start(self) -> None: ...

    def join(self, timeout: float | None = None) -> None:
        """Wait until all of it is in the log."""


class Listen(Protocol):
    def __call__(self, container: str, dyno: str, *, resume: bool) -> Output:
        """Make what carries a container's output; with `resume` the log has some of it already."""


@dataclass(frozen=True)
class SupervisorContext:
    """What all dynos of an app share. `wake` makes the supervisor look again at once."""

    context: Context
    app: App
    log: Journal
    records: RecordSink
    limits: Limits
    wake: threading.Event
    snapshot: KillSnapshot
    parting: Parting
    listen: Listen

    @property
    def clock(self) -> Clock:
        return self.context.clock


class Process:
    """A running container with the pump of its output."""

    def __init__(self, shared: SupervisorContext, name: str, container: str, *, resume: bool = False) -> None:
        """With `resume` the log has some of its output already."""
        self.container = container
        self.killed = False
        self.unheard = False
        """Whether it runs on though its output is over, as after a restart of the engine."""
        self.exit_status: int | None = None
        """Set when the container has been taken away."""
        self._shared = shared
        self._pump = shared.listen(container, name, resume=resume)
        self._pump.start()

    @property
    def output_over(self) -> bool:
        return self._pump.over.is_set()

    def flush(self) -> None:
        """Wait until what the process printed last is in the log."""
        self._pump.join(timeout=5)

    def look(self) -> Container | None:
        """Ask the engine; None when the container is gone."""
        try:
            return self._shared.context.engine.containers.inspect(self.container)
        except NotFound:
            return None

    def kill(self) -> None:
        """Send SIGKILL; `killed` says from then on that there is nothing more to do but wait for the end."""
        self._shared.context.engine.containers.kill(self.container)
        self.killed = True

    def remove(self) -> None:
        self._shared.context.engine.containers.remove(self.container)
