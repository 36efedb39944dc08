"""psql as the app's role where this machine has none: the server's own, in its container."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from localku.context import Context
from localku.engine.exec_stream import ExecStream
from localku.platform.addons import addon_servers
from localku.platform.databases.find_database import Database
from localku.services.postgres import role_sql

_PSQL = 'exec /usr/lib/postgresql/*/bin/psql "$@"'


def run(
    context: Context,
    database: Database,
    arguments: Iterable[str],
    source: Iterable[bytes],
    put: Callable[[int, bytes], None],
) -> int:
    """Feed psql the source to its last byte; `put` is given what it prints, 1 for stdout and 2 for stderr.

    Return its exit status.
    """
    command = ("/bin/bash", "-c", _PSQL, "psql", *arguments)
    container = addon_servers.container(database.addon)
    environment = {**role_sql.environment(database.addon), "PGAPPNAME": f"psql localku {database.app.name}"}
    with context.engine.containers.open_exec(container, command, user="postgres", env=environment) as psql:
        psql.begin()
        threading.Thread(target=_feed, args=(psql, source), daemon=True).start()
        for number, piece in psql.frames():
            put(number, piece)
        return psql.exit_status()


def _feed(psql: ExecStream, source: Iterable[bytes]) -> None:
    with suppress(OSError):  # it has ended before its input: its exit status tells
        for piece in source:
            psql.send(piece)
        psql.end_input()
