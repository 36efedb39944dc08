"""Does to an app's dynos and databases what its chaos plan says. Every act is one line in the app's log."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from localku.engine.engine_errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.platform import chaos
from localku.platform.addons import addon_servers
from localku.services.postgres import superuser
from localku.states import DynoState
from localku.supervisor.processes import beside_first

if TYPE_CHECKING:
    from localku.platform.chaos import Act
    from localku.records import ChaosPlan
    from localku.supervisor.desired_state import DesiredState
    from localku.supervisor.dynos.dyno import Dyno
    from localku.supervisor.dynos.dyno_process import SupervisorContext
    from localku.supervisor.dynos.retiring import Retiring

SLOWED = 0.02
"""The part of a CPU a slow dyno has."""


class Chaos:
    def __init__(self, shared: SupervisorContext, retiring: Retiring) -> None:
        self._shared = shared
        self._retiring = retiring
        self._plan: ChaosPlan | None = None
        self._began = 0.0
        self._acts: Iterator[Act] = iter(())
        self._next: Act | None = None
        self._slowed: dict[str, float] = {}

    def step(self, dynos: Mapping[str, Dyno], _desired: DesiredState) -> None:
        """Do the next act if it is due, and let slow dynos be quick again."""
        self._follow(self._shared.context.store.chaos.of(self._shared.app))
        now = self._shared.clock.monotonic()
        for container, until in tuple(self._slowed.items()):
            if now >= until:
                del self._slowed[container]
                self._shared.context.engine.containers.set_cpu(container, None)
        if self._next is not None and now - self._began >= self._next.at:
            act, self._next = self._next, next(self._acts)
            self._do(act, dynos)

    def due_in(self) -> float:
        """Platform seconds until the next act, or the end of one."""
        moments = (*self._slowed.values(), *([self._began + self._next.at] if self._next else []))
        return min(moments, default=math.inf) - self._shared.clock.monotonic()

    def stop(self) -> bool:
        """Leave it at that: what is slow goes with its dyno."""
        return True

    def _follow(self, plan: ChaosPlan | None) -> None:
        if plan == self._plan:
            return
        self._plan, self._began = plan, self._shared.clock.monotonic()
        self._acts = chaos.acts(plan) if plan else iter(())
        self._next = next(self._acts, None)

    def _do(self, act: Act, dynos: Mapping[str, Dyno]) -> None:
        try:
            if act.kind == chaos.DATABASE:
                self._drop_connections(act)
                return
            up = [
                dyno
                for _, dyno in sorted(dynos.items())
                if dyno.record.state == DynoState.UP and dyno.process is not None
            ]
            if up:
                self._trouble(act, up[act.choose(len(up))])
            else:
                self._say(act, f"{act.kind}, but no dyno is up")
        except EngineUnavailable:
            raise
        except LocalkuError as error:
            self._say(act, f"{act.kind} did not work: {error.message}")

    def _trouble(self, act: Act, dyno: Dyno) -> None:
        name, container = dyno.record.name, dyno.record.container or ""
        if act.kind == chaos.RESTART:
            self._say(act, f"restarts {name}")
            self._retiring.add(dyno.record, dyno.step_aside())
        elif act.kind == chaos.SLOW:
            self._shared.context.engine.containers.set_cpu(container, SLOWED)
            self._slowed[container] = self._shared.clock.monotonic() + act.lasts
            self._say(act, f"leaves {name} {SLOWED:.0%} of a CPU for {act.lasts:.0f} s")
        else:
            self._kill_worker(act, name, container)

    def _kill_worker(self, act: Act, name: str, container: str) -> None:
        containers = self._shared.context.engine.containers
        found = beside_first(containers, container)
        if not found:
            self._say(act, f"{act.kind}, but {name} has one process only")
            return
        victim = found[act.choose(len(found))]
        self._say(act, f"kills process {victim.pid} ({victim.program}) of {name}")
        containers.exec(container, ["/bin/bash", "-c", f"kill -KILL {victim.pid}"])

    def _drop_connections(self, act: Act) -> None:
        context = self._shared.context
        dropped = [
            superuser.drop_connections(context.engine, addon_servers.container(addon), addon.database, addon.role)
            for addon in context.store.addons.of(self._shared.app)
        ]
        done = f"drops {sum(dropped)} connections to the database" if dropped else f"{act.kind}, but there is none"
        self._say(act, done)

    def _say(self, act: Act, message: str) -> None:
        self._shared.log.write("localku", "chaos", f"act {act.number}: {message}")
