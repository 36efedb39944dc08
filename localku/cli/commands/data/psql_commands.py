"""`localku pg:psql`."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import click

from localku.cli.commands.data.database_option import context_and_running, database_argument
from localku.cli.options import app_option
from localku.cli.terminal import note

if TYPE_CHECKING:
    from localku.platform.databases.find_database import Database


@click.command()
@database_argument
@app_option
@click.option("-c", "--command", metavar="SQL", help="Run one SQL command and exit.")
@click.option("-f", "--file", type=click.Path(exists=True, dir_okay=False), help="Run the SQL in a file.")
@click.pass_context
def pg_psql(ctx: click.Context, database: str | None, name: str | None, command: str | None, file: str | None) -> None:
    """Open psql on a database of the app: this machine's psql, or else the one in a one-off dyno."""
    _, found = context_and_running(name, database)
    note(f"--> Connecting to {found.addon.name}")
    arguments = [*_prompt(found), *(("-c", command) if command else ()), *(("-f", file) if file else ())]
    program = _psql()
    if program is not None:
        os.execve(program, [program, *arguments], {**os.environ, **_connection(found)})  # noqa: S606
    _in_a_dyno(ctx, found, command, file)


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


def _in_a_dyno(ctx: click.Context, found: Database, command: str | None, file: str | None) -> None:
    """A file is this machine's: the dyno's psql reads it from its standard input."""
    from localku.cli.commands.running.run_commands import run

    if file is not None:
        with open(file, "rb") as sql:  # noqa: PTH123 - its number is wanted
            os.dup2(sql.fileno(), 0)
    arguments = [*_prompt(found), *(("-c", command) if command else ()), *(("-f", "-") if file else ())]
    line = f'psql "${found.attachment.config_var}" {shlex.join(arguments)}'
    ctx.invoke(run, name=found.app.name, size="basic", env=(), command=(line,), no_tty=file is not None)
