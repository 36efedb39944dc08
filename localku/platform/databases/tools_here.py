"""psql and its like for a machine that has none: of the database servers' image, as if they were installed here."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from localku.context import Context
from localku.engine import labels
from localku.engine.spec import HOSTS_NETWORK, Bind, ContainerSpec, Limits
from localku.platform.dynos.attached_dyno import Connection
from localku.services.postgres import postgres_versions

if TYPE_CHECKING:
    from localku.telling import Progress

TOOLS = ("psql", "pg_dump", "pg_restore")

SOCKETS = Path("/run/postgresql")
"""Where a server of this machine listens (Debian, "postgresql-common")."""

_PASSED = ("HOME", "LANG", "LC_", "PG", "PSQL", "TERM", "TZ")
"""What the names of the variables begin with that the tools read (psql(1), "Environment"; libpq, "Variables")."""

_SYSTEM = frozenset(("bin", "dev", "etc", "lib", "lib64", "proc", "sbin", "sys", "usr", "var"))
"""Folders at the top that are the image's own."""

_RUN = 'exec /usr/lib/postgresql/*/bin/"$0" "$@"'


@dataclass(frozen=True)
class ToolCall:
    """What was typed, where; with `tty` at a terminal."""

    tool: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    tty: bool


def run(context: Context, call: ToolCall, join: Callable[[Connection], None], progress: Progress) -> int:
    """Run the tool to its end and return its exit status; `join` carries the bytes. Ctrl-C reaches it as SIGINT.

    It has the network of the engine's machine, the caller's folder and home, and goes with the caller.
    """
    containers = context.engine.containers
    context.postgres.prepare(context.engine, progress)
    container = containers.create(_spec(context, call))
    try:
        stream, status = containers.attach_socket(container), containers.awaited(container)
        stream.wait_for_ever()
        containers.start(container)
        connection = Connection(
            stream, call.tty, lambda rows, columns: containers.resize(container, rows, columns), lambda: None
        )
        while True:
            try:
                join(connection)
                return status()
            except KeyboardInterrupt:
                containers.kill(container, "INT")
    finally:
        containers.remove(container)


def _spec(context: Context, call: ToolCall) -> ContainerSpec:
    home = call.environment.get("HOME", "/")
    folders = _outermost([call.folder, Path(home), Path("/tmp"), SOCKETS])
    passed = {name: value for name, value in call.environment.items() if name.startswith(_PASSED)}
    return ContainerSpec(
        image=postgres_versions.installed(context.engine),
        name=f"localku-{call.tool.replace('_', '-')}-{token_hex(4)}",
        entrypoint=("/bin/bash", "-c", _RUN),
        command=(call.tool, *call.arguments),
        environment={"PGUSER": _login(), "PSQL_PAGER": "", **passed},
        labels={labels.HOME: context.home_id, labels.ROLE: labels.ROLE_TOOL},
        binds=tuple(Bind(str(one), str(one), read_only=False) for one in folders),
        user=f"{os.geteuid()}:{os.getegid()}",
        working_dir=str(call.folder),
        network=HOSTS_NETWORK,
        limits=Limits(),
        init=True,
        tty=call.tty,
        stdin=True,
        auto_remove=True,
    )


def _outermost(wanted: list[Path]) -> list[Path]:
    """Those that there are, and that no other one holds."""
    real = [one for one in dict.fromkeys(wanted) if one.is_dir() and not _is_system(one)]
    return [one for one in real if not any(other in one.parents for other in real)]


def _is_system(folder: Path) -> bool:
    return len(folder.parts) == 1 or folder.parts[1] in _SYSTEM


def _login() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return "postgres"
