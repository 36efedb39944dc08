"""What `server:status` shows: the server's processes, and of each app what is wanted and what is."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress

from localku import locks
from localku.context import Context
from localku.control import family_record, memory_share
from localku.control.ending import server_lock
from localku.control.messages import AppStatus, Hello, ProcessStatus, Status
from localku.control.server_client import connect
from localku.control.starting import ANSWER
from localku.errors import LocalkuError
from localku.platform.dynos import formation
from localku.records import App
from localku.states import DynoState

UP = frozenset({DynoState.UP, DynoState.IDLE})


def asked(context: Context) -> Status:
    """What the server says of itself; where none answers, what is known without it."""
    with suppress(LocalkuError):  # it is there and does not answer
        client = connect(context.home, ANSWER)
        if client is not None:
            with client:
                return client.status()
    is_there = locks.holder(server_lock(context.home)) is not None
    return Status(
        home=str(context.home),
        since="",
        by_name=False,
        is_busy=False,
        processes=processes(family_record.read(context.home)) if is_there else (),
        apps=apps(context, ()),
        environment={},
        versions={},
    )


def wanted_up(context: Context) -> tuple[str, ...]:
    """Names of the apps that shall run."""
    return tuple(app.name for app in context.store.apps.all() if app.shall_run)


def processes(told: Iterable[ProcessStatus]) -> tuple[ProcessStatus, ...]:
    """Add the memory that each takes."""
    return tuple(dataclasses.replace(one, memory=None if one.pid is None else memory_share.of(one.pid)) for one in told)


def versions(context: Context, said: Hello) -> Mapping[str, str]:
    """What runs: localku, told from another one of the same version by its files, and what it runs on."""
    found = {"localku": said.version, "files": said.digest, "python": platform.python_version()}
    with suppress(LocalkuError):  # no engine answers
        found["engine"] = context.engine.version
    return found


def apps(context: Context, running: Collection[str]) -> tuple[AppStatus, ...]:
    """All apps that shall run, or do: `running` are the UUIDs of those that have a supervisor."""
    found = ((app, app.uuid in running) for app in context.store.apps.all())
    return tuple(_app(context, app, runs=runs) for app, runs in found if runs or app.shall_run)


def _app(context: Context, app: App, *, runs: bool) -> AppStatus:
    up = sum(dyno.state in UP for dyno in context.store.dynos.of(app.id))
    return AppStatus(app.name, app.uuid, app.wanted, runs, app.port, up, _shall(context, app) if app.shall_run else 0)


def _shall(context: Context, app: App) -> int:
    types: Mapping[str, str] = formation.types(context, app)
    return sum(entry.quantity for entry in formation.desired(context, app, types))
