"""What `pg:info` shows of a database: Heroku's keys, each with its value in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from localku.platform.addons.row_quota import Held
from localku.platform.databases.database_info import DatabaseInfo
from localku.services.postgres.plan_quota import Standing

KILOBYTE = 1024


def rows(info: DatabaseInfo) -> Iterator[tuple[str, str]]:
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
