"""What may be wrong with a database (`pg:diagnose`): looked at here, and told to nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID, uuid4

from localku.context import Context
from localku.platform import views
from localku.platform.addons import addon_servers
from localku.platform.databases.find_database import Database
from localku.platform.views import View
from localku.services.postgres import plans, role_sql
from localku.services.postgres.statistics import diagnosis_sql, size_sql


class Light(Enum):
    """How bad it is, the worst first."""

    RED = "RED"
    YELLOW = "YELLOW"
    GREEN = "GREEN"


@dataclass(frozen=True)
class Check:
    """What one question has found; `rows` under `columns`, none where the light is green."""

    name: str
    light: Light
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Report:
    id: UUID
    database: Database
    at: datetime
    checks: tuple[Check, ...]
    """The worst first."""


_BLOAT = size_sql.FOUND_BLOAT + diagnosis_sql.BLOAT
_BLOCKING = ("Blocking", "Blocking statement", "Blocked", "Blocked statement")
_QUESTIONS = (
    ("Connection Count", diagnosis_sql.CONNECTION_COUNT, ("Count",)),
    ("Long Queries", diagnosis_sql.LONG_QUERIES, ("Pid", "Duration", "Query")),
    ("Idle in Transaction", diagnosis_sql.IDLE_IN_TRANSACTION, ("Pid", "Duration", "Query")),
    ("Indexes", diagnosis_sql.INDEXES, ("Index", "Scans", "Size")),
    ("Bloat", _BLOAT, ("Type", "Object", "Bloat", "Waste")),
    ("Hit Rate", diagnosis_sql.HIT_RATE, ("Name", "Ratio")),
    ("Blocking Queries", diagnosis_sql.BLOCKING_QUERIES, _BLOCKING),
    ("Sequences", diagnosis_sql.SEQUENCES, ("Sequence", "Last value", "Most")),
)


def diagnose(context: Context, database: Database) -> Report:
    """Ask a running database all questions."""
    variables = {
        "apps_own": size_sql.APPS_OWN,
        "connections": str(plans.named(database.addon.plan).connections),
    }
    container = addon_servers.container(database.addon)
    checks = []
    for name, sql, columns in _QUESTIONS:
        rows = role_sql.values(context.engine, container, database.addon, sql, variables)
        checks.append(check(name, columns, rows))
    order = list(Light)
    return Report(uuid4(), database, context.clock.now(), tuple(sorted(checks, key=lambda one: order.index(one.light))))


def view(report: Report) -> View:
    """As Heroku's CLI reads a report; `results` are the rows of what is not green, by the columns' names."""
    return {
        "id": str(report.id),
        "app": report.database.app.name,
        "database": report.database.attachment.config_var,
        "created_at": views.time(report.at),
        "checks": [
            {"name": one.name, "status": one.light.value.lower(), "results": [_result(one, row) for row in one.rows]}
            for one in report.checks
        ],
    }


def _result(check: Check, row: tuple[str, ...]) -> View:
    return {name.lower().replace(" ", "_"): value for name, value in zip(check.columns, row, strict=True)}


def check(name: str, columns: tuple[str, ...], rows: list[list[str]]) -> Check:
    """Read rows that begin with how bad each is."""
    found = {Light(row[0]) for row in rows}
    worst = next((light for light in Light if light in found), Light.GREEN)
    return Check(name, worst, columns, tuple(tuple(row[1:]) for row in rows))
