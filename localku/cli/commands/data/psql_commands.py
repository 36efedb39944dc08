"""`localku pg:psql`."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import click

from localku.cli.commands.data.database_option import context_and_running, database_argument
from localku.cli.options import app_option
from localku.cli.terminal import note

if TYPE_CHECKING:
    from localku.context import Context
    from localku.platform.databases.find_database import Database

PIECE = 1 << 16
"""Bytes read at once."""


@click.command()
@database_argument
@app_option
@click.option("-c", "--command", metavar="SQL", help="Run one SQL command and exit.")
@click.option("-f", "--file", type=click.Path(exists=True, dir_okay=False), help="Run the SQL in a file.")
@click.pass_context
def pg_psql(ctx: click.Context, database: str | None, name: str | None, command: str | None, file: str | None) -> None:
    """Open psql on a database of the app: this machine's psql, or else the server's own."""
    context, found = context_and_running(name, database)
    note(f"--> Connecting to {found.addon.name}")
    arguments = [*_prompt(found), *(("-c", command) if command else ()), *(("-f", file) if file else ())]
    program = _psql()
    if program is not None:
        os.execve(program, [program, *arguments], {**os.environ, **_connection(found)})  # noqa: S606
    if command is None and file is None and sys.stdin.isatty():
        _in_a_dyno(ctx, found)
    else:
        ctx.exit(_in_the_server(context, found, command, file))


def _psql() -> str | None:
    """Find a psql that works: Debian's wrapper may be there without any client behind it."""
    program = shutil.which("psql")
    if program is None:
        return None
    tried = subprocess.run([program, "--version"], capture_output=True, check=False)
    return program if tried.returncode == 0 else None


def _prompt(found: Database) -> list[str]:
    """Heroku's: `app::DATABASE=> `."""
    name = f"{found.app.name}::{found.name}"
    return ["-v", f"PROMPT1={name}%R%# ", "-v", f"PROMPT2={name}%R%# "]


def _connection(found: Database) -> dict[str, str]:
    """Name the database in the environment: a command line is there for everybody to read."""
    return {
        "PGHOST": found.addon.host,
        "PGPORT": str(found.addon.port),
        "PGUSER": found.addon.role,
        "PGPASSWORD": found.addon.password,
        "PGDATABASE": found.addon.database,
        "PGSSLMODE": "require",
        "PGAPPNAME": f"psql localku {found.app.name}",
    }


def _in_a_dyno(ctx: click.Context, found: Database) -> None:
    from localku.cli.commands.running.run_commands import run

    line = f'psql "${found.attachment.config_var}" {shlex.join(_prompt(found))}'
    ctx.invoke(run, name=found.app.name, size="basic", env=(), command=(line,), no_tty=False)


def _in_the_server(context: Context, found: Database, command: str | None, file: str | None) -> int:
    """Run the server's own psql; a file is this machine's, so psql gets it as its standard input."""
    from localku.platform.databases import server_psql

    if command is not None:
        return server_psql.run(context, found, ("-c", command), (), _put)
    with open(file or 0, "rb", closefd=file is not None) as source:
        pieces = iter(lambda: source.read(PIECE), b"")
        return server_psql.run(context, found, ("-f", "-") if file else (), pieces, _put)


def _put(number: int, piece: bytes) -> None:
    stream = sys.stdout if number == 1 else sys.stderr
    stream.buffer.write(piece)
    stream.buffer.flush()
