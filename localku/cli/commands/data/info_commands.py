"""`localku pg:info`, `pg:quota`, `pg:wait` and `pg:credentials:url`."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import click

from localku.cli.commands.data.database_option import context_and_database, context_and_running, database_argument
from localku.cli.options import app_option, context_and_app
from localku.cli.tables import aligned
from localku.cli.terminal import note, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localku.platform.addons.row_quota import Held
    from localku.platform.databases.database_info import DatabaseInfo

KILOBYTE = 1024


@click.command()
@database_argument
@app_option
def pg_info(database: str | None, name: str | None) -> None:
    """Show the app's databases: plan, size, connections and what the plan allows."""
    from localku.platform.databases import database_info, find_database, running_database

    context, app = context_and_app(name)
    found = (find_database.find(context, app, database),) if database else find_database.all_of(context, app)
    if not found:
        say(f"{app.name} has no databases.")
    for one in found:
        info = database_info.info(context, running_database.ensure(context, one))
        say(f"=== {', '.join(info.config_vars)}\n")
        rows = list(_rows(info))
        width = max(len(key) for key, _ in rows) + 2
        for key, value in rows:
            say(f"{key + ':':<{width}}{value}")
        say("")


def _rows(info: DatabaseInfo) -> Iterator[tuple[str, str]]:
    """Heroku's keys, in its order."""
    addon, held = info.database.addon, info.held
    yield "Plan", held.plan.title
    yield "Status", _status(held)
    yield "Connections", f"{info.connections}/{held.plan.connections}"
    yield "PG Version", info.version
    yield "Created", f"{addon.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    yield "Data Size", _size(held)
    limit = (
        f"/{held.plan.tables} ({_compliance(held.usage.tables, held.plan.tables, held)})" if held.plan.tables else ""
    )
    yield "Tables", f"{held.usage.tables}{limit}"
    if held.plan.rows is not None:
        yield "Rows", f"{held.usage.rows}/{held.plan.rows} ({_compliance(held.usage.rows, held.plan.rows, held)})"
    yield "Fork/Follow", "Unsupported"
    yield "Rollback", "Unsupported"
    yield "Continuous Protection", "Off"
    yield "Add-on", addon.name
    if info.billed_to != info.database.app.name:
        yield "Billing App", info.billed_to


def _status(held: Held) -> str:
    from localku.services.postgres.plan_quota import Standing

    if held.plan.rows is not None or held.standing in {Standing.FINE, Standing.NEAR}:
        return "Available"
    revoked = held.standing is Standing.REVOKED
    return f"Over Plan Capacity: {'Access Restricted' if revoked else 'Action Required'}"


def _size(held: Held) -> str:
    plan, used = held.plan, shown_bytes(held.usage.size)
    if plan.tables is not None:
        most = plan.size * KILOBYTE**3
        share = f"{100 * held.usage.size / most:.2f}".rstrip("0").rstrip(".")
        return f"{used} / {plan.size} GB ({share}%) ({_compliance(held.usage.size, most, held)})"
    return f"{used}/{plan.size:.2f} GB (In compliance)" if plan.rows is not None else used


def _compliance(used: int, most: int, held: Held) -> str:
    from localku.services.postgres.plan_quota import Standing

    if used > most:
        over = Standing.REVOKED if held.standing is Standing.REVOKED else Standing.OVER
        return str(over.value)
    close = held.plan.rows is not None and held.standing is Standing.NEAR
    return "In compliance, close to row limit" if close else str(Standing.FINE.value)


def shown_bytes(size: float) -> str:
    """`9.2 MB`, as Heroku shows it."""
    for unit in ("bytes", "kB", "MB"):
        if size < KILOBYTE:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= KILOBYTE
    return f"{size:.2f} GB"


@click.command()
@database_argument
@app_option
@click.option(
    "--enforce",
    type=click.Choice(["now", "grace"]),
    help="Whether the right to write goes at once, or after Heroku's seven days.",
)
def pg_quota(database: str | None, name: str | None, enforce: str | None) -> None:
    """Show how a database stands to the quotas of its plan, and when it is held to them."""
    from localku.platform.databases import quota

    context, found = context_and_running(name, database)
    held = quota.look(context, found, None if enforce is None else enforce == "now")
    for line in held.lines:
        say(line)


@click.command()
@database_argument
@app_option
def pg_wait(database: str | None, name: str | None) -> None:
    """Wait until the app's databases accept connections."""
    from localku.platform.databases import find_database, running_database

    context, app = context_and_app(name)
    for one in (find_database.find(context, app, database),) if database else find_database.all_of(context, app):
        running_database.ensure(context, one, ready=True)
        note(f"Waiting for database {one.addon.name}... available")


@click.command()
@database_argument
@app_option
def pg_credentials(database: str | None, name: str | None) -> None:
    """List the credentials of a database: there is one."""
    from localku.platform.databases import maintaining

    context_and_database(name, database)
    for line in aligned([("Credential", "State"), (maintaining.DEFAULT_CREDENTIAL, "active")], ruled=True):
        say(line)


@click.command()
@database_argument
@app_option
@click.option("-n", "--name", "credential", metavar="NAME", default="default", show_default=True, help="Credential.")
def pg_credentials_url(database: str | None, name: str | None, credential: str) -> None:
    """Show how a client connects to a database, password and all."""
    from localku.platform.databases import maintaining

    _, found = context_and_database(name, database)
    shown = maintaining.credential(found, credential)
    say(f"Connection information for {credential} credential.")
    say("Connection info string:")
    say(f'   "{shown.info}"')
    say("Connection URL:")
    say(f"   {shown.url}")
