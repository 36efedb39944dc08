from dataclasses import replace
from datetime import UTC, datetime

import pytest

from localku.context import Context
from localku.platform.addons.row_quota import Held
from localku.platform.databases import info_rows
from localku.platform.databases.database_info import DatabaseInfo
from localku.platform.databases.find_database import Database
from localku.records import App
from localku.services.postgres import credentials, plans
from localku.services.postgres.plan_quota import Standing, Usage


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (2048, "2.0 kB"), (9_646_899, "9.2 MB"), (4_284_229_877, "3.99 GB")]
)
def test_sizes_are_shown_as_heroku_shows_them(size: int, text: str) -> None:
    assert info_rows.shown_bytes(size) == text


def rows(app: App, plan: str, usage: Usage, standing: Standing, billed_to: str = "one") -> dict[str, str]:
    addon = credentials.new(app.id, plan, "DATABASE_URL", datetime(2021, 12, 13, 15, 0, tzinfo=UTC))
    addon = replace(addon, name="postgresql-round-10000")
    database = Database(app, addon, addon.attachments[0])
    return dict(info_rows.rows(DatabaseInfo(database, billed_to, "17.6", 3, Held(plans.named(plan), usage, standing))))


def test_an_essential_plan_counts_size_and_tables(context: Context, app: App) -> None:
    assert rows(app, "essential-1", Usage(9, False, 65, 4_284_229_877), Standing.FINE) == {
        "Plan": "Essential 1",
        "Status": "Available",
        "Connections": "3/20",
        "PG Version": "17.6",
        "Created": "2021-12-13 15:00 UTC",
        "Data Size": "3.99 GB / 10 GB (39.9%) (In compliance)",
        "Tables": "65/4000 (In compliance)",
        "Fork/Follow": "Unsupported",
        "Rollback": "Unsupported",
        "Continuous Protection": "Off",
        "Add-on": "postgresql-round-10000",
    }


@pytest.mark.parametrize(
    ("used", "standing", "text"),
    [
        (10, Standing.FINE, "10/10000 (In compliance)"),
        (7_500, Standing.NEAR, "7500/10000 (In compliance, close to row limit)"),
        (10_001, Standing.OVER, "10001/10000 (Above limits, access disruption imminent)"),
        (10_001, Standing.REVOKED, "10001/10000 (Write access revoked)"),
    ],
)
def test_a_small_plan_counts_rows(context: Context, app: App, used: int, standing: Standing, text: str) -> None:
    found = rows(app, "hobby-dev", Usage(used, False, 3, 9_646_899), standing, billed_to="two")
    assert (found["Rows"], found["Tables"], found["Data Size"]) == (text, "3", "9.2 MB/1.00 GB (In compliance)")
    assert (found["Status"], found["Billing App"]) == ("Available", "two")


def test_a_large_plan_has_no_quota(context: Context, app: App) -> None:
    found = rows(app, "standard-0", Usage(10**9, False, 9_000, 10**12), Standing.FINE)
    assert (found["Data Size"], found["Tables"], found.get("Rows")) == ("931.32 GB", "9000", None)


@pytest.mark.parametrize(
    ("standing", "text"),
    [
        (Standing.OVER, "Over Plan Capacity: Action Required"),
        (Standing.REVOKED, "Over Plan Capacity: Access Restricted"),
    ],
)
def test_over_capacity_is_the_status(context: Context, app: App, standing: Standing, text: str) -> None:
    assert rows(app, "essential-0", Usage(1, False, 4_001, 1), standing)["Status"] == text
