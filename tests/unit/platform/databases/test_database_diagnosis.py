from datetime import UTC, datetime
from uuid import UUID

from localku.context import Context
from localku.platform.databases import find_database
from localku.platform.databases.database_diagnosis import Light, Report, check, view
from localku.records import App
from localku.services.postgres import credentials


def test_the_worst_row_is_the_light() -> None:
    found = check("Bloat", ("Object",), [["YELLOW", "a"], ["RED", "b"]])
    assert (found.light, found.rows) == (Light.RED, (("a",), ("b",)))
    assert check("Bloat", ("Object",), [["YELLOW", "a"]]).light is Light.YELLOW
    assert check("Bloat", ("Object",), []).light is Light.GREEN


def test_a_report_as_heroku_s_cli_reads_it(context: Context, app: App) -> None:
    context.store.addons.add(credentials.new(app.id, "essential-0", "DATABASE_URL", context.clock.now()))
    checks = (check("Bloat", ("Blocking", "Blocked statement"), [["RED", "7", "x"]]), check("Hit Rate", ("A",), []))
    at = datetime(2024, 6, 5, 11, 12, 35, tzinfo=UTC)
    told = view(Report(UUID(int=1), find_database.find(context, app), at, checks))
    assert told == {
        "id": "00000000-0000-0000-0000-000000000001",
        "app": app.name,
        "database": "DATABASE_URL",
        "created_at": "2024-06-05T11:12:35Z",
        "checks": [
            {"name": "Bloat", "status": "red", "results": [{"blocking": "7", "blocked_statement": "x"}]},
            {"name": "Hit Rate", "status": "green", "results": []},
        ],
    }
