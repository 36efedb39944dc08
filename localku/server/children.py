"""Which processes the server has, and what each of them is given: put together here, and nowhere else.

What this module imports is there before control is; what only the others need is imported meanwhile.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from localku.context import Context
from localku.control import bell
from localku.opening import open_context
from localku.records import Addon, App
from localku.server import api_door, control_process, preloading, server
from localku.server.apps.app_work import AppWork
from localku.server.apps.detached_keepers import DetachedKeepers
from localku.server.apps.runner import Runner
from localku.server.backup_work import BackupWork
from localku.server.control_process import Given
from localku.server.parent.child import Main
from localku.server.parent.errands import Errands
from localku.server.parent.port_link import PortLink
from localku.server.preloading import Preloading
from localku.server.server import Sockets
from localku.states import Wanted
from localku.supervisor.chaos_dynos import Chaos
from localku.supervisor.database_metrics import DatabaseMetrics
from localku.supervisor.loop import HEROKU, Supervisor, Support
from localku.supervisor.retry_loop import ENGINE_SECONDS
from localku.supervisor.scheduler import Scheduler
from localku.supervisor.sweeping import Sweeping
from localku.transfer_records import TransferKind

CHORES = (Chaos, Scheduler, Sweeping, DatabaseMetrics)
"""What the supervisor of an app that runs has to do beside keeping its dynos up."""

FOREVER = float("inf")


def be_the_server(context: Context, *, by_name: bool, watched: int | None) -> None:
    """Be the server of the context's state folder until it is told to end; see `server.main`."""
    context.store.db.close()  # no connection is carried into the processes that are forked
    loading = Preloading()
    loading.first()
    prepare = {"router": loading.serving(), "logs": loading.rest()}
    server.main(context.home, partial(children, context.home, by_name, loading), prepare, watched=watched)


def children(home: Path, by_name: bool, loading: Preloading, sockets: Sockets) -> Mapping[str, Main]:  # noqa: FBT001 - for `partial`
    """In the order in which they start and end."""

    def control(joined: socket.socket) -> None:
        loading.at_leisure(preloading.of_control)
        errands = Errands(joined)
        context = replace(open_context(), keep_detached=lambda _context: keepers.look())
        keepers = DetachedKeepers(context)
        backups = BackupWork(context, partial(_capture, context))
        given = Given(errands, sockets.door, sockets.bell, by_name)
        work = AppWork(context, errands, partial(Runner, context, partial(supervisor, context)), keepers, backups)
        control_process.main(context, given, work, api_door.ApiDoor(context, sockets.api))

    def router(joined: socket.socket) -> None:
        from localku.server import router_process

        loading.at_leisure(preloading.of_router)
        router_process.main(open_context(), PortLink(joined), sockets.ports.sockets(), partial(bell.ring, home))

    def logs(joined: socket.socket) -> None:
        from localku.platform import drain_couriers
        from localku.server import logs_process

        context = open_context()
        logs_process.main(context, PortLink(joined), partial(drain_couriers.couriers, context))

    return {"control": control, "router": router, "logs": logs}


def _capture(context: Context, app: App, addon: Addon, name: str) -> None:
    from localku.platform.backups import capturing  # not before a backup is due

    capturing.capture(context, app, addon, name, kind=TransferKind.SCHEDULED)


def supervisor(context: Context, app: App) -> Supervisor:
    """Make one. Who holds a lease is told of an engine that stays away; an app that is to stay up waits for it."""
    limits = HEROKU.cycling_every(app.cycle_every) if app.cycle_every else HEROKU
    patience = ENGINE_SECONDS if app.wanted is Wanted.LEASED else FOREVER
    return Supervisor(context, app, limits, chores=CHORES, support=Support(tells_endings=True, engine_seconds=patience))
