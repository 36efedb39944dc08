"""Where the API answers, or why it does not: what is meant for it, the token first of all, goes nowhere else."""

from __future__ import annotations

from pathlib import Path

from localku.context import Context
from localku.control import api_port
from localku.control.server_client import Client
from localku.errors import CLIENT, Kind, LocalkuError
from localku.machine.listeners import program_on
from localku.machine.listening import listen


def of(context: Context, server: Client) -> str:
    """Return the URL. Raises LocalkuError where this server listens at none."""
    if server.hello.api_port is None:
        raise missing(context.home)
    return api_port.url(server.hello.api_port)


def missing(home: Path) -> LocalkuError:
    """Why a server that runs has no API, and what to do."""
    chosen = api_port.of(home)
    if chosen is None:
        return LocalkuError("The server has no API.", f"`{CLIENT} server:logs` says why.", kind=Kind.UNAVAILABLE)
    return refused(chosen) or LocalkuError(
        f"The server has no API: port {chosen} was in use when it started.",
        f"It is free now: `{CLIENT} server:restart`. Dynos run on.",
        kind=Kind.UNAVAILABLE,
    )


def move(home: Path, port: int) -> None:
    """Have the next server listen there. Raises LocalkuError, and moves nothing, where it could not."""
    why = refused(port) if port != api_port.of(home) else None
    if why is not None:
        raise why
    api_port.choose(home, port)


def refused(port: int) -> LocalkuError | None:
    """What keeps a server from listening on this port for its API; None where nothing does."""
    try:
        for one in listen(api_port.HOST, port):
            one.close()
    except LocalkuError as error:
        return worded(port, error)
    return None


def worded(port: int, error: LocalkuError) -> LocalkuError:
    """What it means for the API that nobody can listen on its port."""
    return api_port.taken(port, program_on(port)) if error.kind is Kind.CONFLICT else api_port.barred(port, error)
