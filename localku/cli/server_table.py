"""How `server:status` is printed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from localku.cli.tables import aligned, moment
from localku.control.api_port import url
from localku.control.server_environment import shown
from localku.ephemeral.byte_sizes import human

if TYPE_CHECKING:
    from localku.control.messages import AppStatus, ProcessStatus, Status


def lines(status: Status, now: datetime, no_api: str = "") -> Iterator[str]:
    """`no_api` says why a server that runs has no API."""
    yield f"=== Server of {status.home}"
    yield ""
    if status.since:
        yield f"Since:  {moment(datetime.fromisoformat(status.since), now)}"
        yield f"Stays:  {'until `server:stop`' if status.by_name else 'until 30 seconds after nothing needs it'}"
        yield f"API:    {url(status.api_port) if status.api_port else no_api}"
    elif status.processes:
        yield "It does not answer; `localku server:logs` may say why, `localku server:restart` starts it anew."
    else:
        yield "It does not run; the first command that needs it starts it."
    if status.processes:
        yield from ("", "=== Processes", "", *aligned(_processes(status.processes), ruled=True))
    if status.apps:
        yield from ("", "=== Apps", "", *aligned(_apps(status.apps), ruled=True))
    for title, values in (("Environment", status.environment), ("Versions", status.versions)):
        if values:
            yield from ("", f"=== {title}", "")
            yield from (f"{name}: {shown(value)}" for name, value in values.items())


def _processes(processes: tuple[ProcessStatus, ...]) -> list[tuple[str, ...]]:
    rows = [
        (one.name, str(one.pid or "down"), human(one.memory) if one.memory else "", str(one.restarts) + _why(one))
        for one in processes
    ]
    total = sum(one.memory or 0 for one in processes)
    return [("process", "pid", "memory", "restarts"), *rows, ("all", "", human(total), "")]


def _why(process: ProcessStatus) -> str:
    return ", died three times in a minute" if process.is_down else ""


def _apps(apps: tuple[AppStatus, ...]) -> list[tuple[str, ...]]:
    rows = [
        (one.name, one.wanted.value, "runs" if one.runs else "does not run", f"{one.dynos}/{one.shall}", _port(one))
        for one in apps
    ]
    return [("app", "wanted", "is", "dynos", "port"), *rows]


def _port(app: AppStatus) -> str:
    return "" if app.port is None else str(app.port)
