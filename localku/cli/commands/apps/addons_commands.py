"""`localku addons` and its kin, and `pg:psql`."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import click

from localku.cli.confirm import confirm as ask
from localku.cli.options import app_option, confirm_option, context_and_app, json_option
from localku.cli.terminal import Progress, note, say, show_json
from localku.errors import LocalkuError

if TYPE_CHECKING:
    from localku.records import Addon


@click.command()
@app_option
@json_option
def addons(name: str | None, *, as_json: bool) -> None:
    """List the app's add-ons."""
    from localku.platform import views
    from localku.platform.addons import addons as verbs

    context, app = context_and_app(name)
    found = verbs.of(context, app)
    if as_json:
        show_json([views.addon(app, one) for one in found])
        return
    for one in found:
        say(f"heroku-postgresql ({one.name})  {one.plan}  as {one.config_var}")
    if not found:
        say(f"No add-ons on {app.name}.")


@click.command()
@click.argument("plan", metavar="heroku-postgresql[:PLAN]")
@app_option
def addons_create(plan: str, name: str | None) -> None:
    """Provision a Postgres server of the app's own and set DATABASE_URL."""
    from localku.platform.addons import addons as verbs

    context, app = context_and_app(name)
    progress = Progress()
    verbs.create(context, app, plan, progress, progress.between(note))


@click.command()
@click.argument("addon", required=False)
@app_option
@confirm_option
def addons_destroy(addon: str | None, name: str | None, confirm: str | None) -> None:
    """Remove the database, its data and its config var."""
    from localku.platform.addons import addons as verbs
    from localku.platform.addons import provisioning

    context, app = context_and_app(name)
    found = verbs.find(context, app, addon)
    ask(app.name, confirm, f"This destroys {found.name} of {app.name} and all its data.")
    provisioning.destroy(context, app, found)
    note(f"Destroying {found.name} on {app.name}... done")


@click.command()
@app_option
@click.option("-c", "--command", help="Run one SQL command and exit.")
@click.option("-f", "--file", type=click.Path(exists=True, dir_okay=False), help="Run the SQL in a file.")
@click.pass_context
def pg_psql(ctx: click.Context, name: str | None, command: str | None, file: str | None) -> None:
    """Open psql on the app's database: this machine's psql, or else the one in a one-off dyno."""
    from localku.platform.addons import addons as verbs
    from localku.platform.addons import provisioning

    context, app = context_and_app(name)
    provisioning.ensure_running(context, app)
    database = verbs.database(context, app)
    arguments = [*(("-c", command) if command else ()), *(("-f", file) if file else ())]
    program = _psql()
    if program is not None:
        os.execve(program, [program, *arguments], {**os.environ, **_connection(app.name, database)})  # noqa: S606
    _in_a_dyno(ctx, name, arguments, file)


def _psql() -> str | None:
    """Find a psql that works: Debian's wrapper may be there without any client behind it."""
    program = shutil.which("psql")
    if program is None:
        return None
    tried = subprocess.run([program, "--version"], capture_output=True, check=False)
    return program if tried.returncode == 0 else None


def _connection(app_name: str, database: Addon) -> dict[str, str]:
    """Name the database in the environment: a command line is there for everybody to read."""
    return {
        "PGHOST": database.host,
        "PGPORT": str(database.port),
        "PGUSER": database.role,
        "PGPASSWORD": database.password,
        "PGDATABASE": database.database,
        "PGSSLMODE": "require",
        "PGAPPNAME": f"psql localku {app_name}",
    }


def _in_a_dyno(ctx: click.Context, name: str | None, arguments: list[str], file: str | None) -> None:
    from localku.cli.commands.running.run_commands import run

    if file is not None:
        raise LocalkuError(
            "psql is not installed on this machine, so a local file cannot be run.",
            f"apt-get install postgresql-client\nor: localku run 'psql \"$DATABASE_URL\"' < {shlex.quote(file)}",
        )
    line = f'psql "$DATABASE_URL" {shlex.join(arguments)}'.strip()
    ctx.invoke(run, name=name, size="basic", env=(), command=(line,), no_tty=False)
