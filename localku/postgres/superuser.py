"""SQL as a server's superuser, which only a process in its container can be."""

from __future__ import annotations

from localku.engine.client import Engine
from localku.errors import LocalkuError

_DROP = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND usename = :'role' AND pid <> pg_backend_pid();
"""


def query(engine: Engine, container: str, database: str, role: str, sql: str) -> str:
    """Run SQL, with the psql variable `role`; return what psql prints, or raise LocalkuError with it."""
    script = 'exec /usr/lib/postgresql/*/bin/psql --no-psqlrc -qAt -v ON_ERROR_STOP=1 -v role="$1" "$2"'
    command = ["/bin/bash", "-c", script, "psql", role, database]
    done = engine.containers.exec_with_input(container, command, sql.encode(), user="postgres")
    output = done.output.decode(errors="replace").strip()
    if done.exit_status != 0:
        raise LocalkuError(f"{container} could not be asked: {output}")
    return output


def drop_connections(engine: Engine, container: str, database: str, role: str) -> int:
    """End all connections of the app's role; return how many there were."""
    return int(query(engine, container, database, role, _DROP))
