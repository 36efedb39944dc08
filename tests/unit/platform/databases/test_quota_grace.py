"""When a database over its quota loses the right to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from verbs_kit import lines

from localku.platform.addons import row_quota
from localku.services.postgres import credentials, plan_quota
from localku.services.postgres.plan_quota import Standing, Usage

if TYPE_CHECKING:
    from fake_engine import FakeClock

    from localku.context import Context
    from localku.records import Addon, App

DAY = 24 * 3600.0


class Server:
    def __init__(self) -> None:
        self.rows, self.revoked = 0, False
        self.tables = 0
        self.connections: object = None

    def look(self, *_: object) -> Usage:
        return Usage(self.rows, self.revoked, self.tables)

    def revoke(self, *_: object) -> None:
        self.revoked = True

    def restore(self, *_: object) -> None:
        self.revoked = False

    def limit_connections(self, *limit: object) -> None:
        self.connections = limit[-1]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    for name in ("look", "revoke", "restore", "limit_connections"):
        monkeypatch.setattr(plan_quota, name, getattr(made, name))
    return made


@pytest.fixture
def addon(context: Context, app: App) -> Addon:
    made = context.store.addons.add(credentials.new(app.id, "hobby-dev", "DATABASE_URL", context.clock.now()))
    context.store.addons.move(made, "172.18.0.1", 40000)
    return made


def look(context: Context, addon: Addon) -> Standing:
    return row_quota.hold(context, context.store.addons.by_id(addon.id)).standing


def test_seven_days_pass_from_the_first_look_on(
    context: Context, clock: FakeClock, addon: Addon, server: Server
) -> None:
    server.rows = 10_001
    assert (look(context, addon), server.revoked) == (Standing.OVER, False)
    clock.later(7 * DAY - 1)
    assert (look(context, addon), server.revoked) == (Standing.OVER, False)
    clock.later(1)
    assert (look(context, addon), server.revoked) == (Standing.REVOKED, True)
    server.rows = 10_000
    assert (look(context, addon), server.revoked) == (Standing.NEAR, False)
    server.rows = 10_001
    assert (look(context, addon), server.revoked) == (Standing.OVER, False)


def test_without_grace_it_goes_at_once_and_comes_back_with_it(context: Context, addon: Addon, server: Server) -> None:
    server.rows = 10_001
    context.store.addons.enforce_now(addon, wanted=True)
    assert (look(context, addon), server.revoked) == (Standing.REVOKED, True)
    context.store.addons.enforce_now(addon, wanted=False)
    assert (look(context, addon), server.revoked) == (Standing.OVER, False)


def test_an_essential_plan_over_its_capacity_has_one_connection_until_it_is_not(
    context: Context, app: App, server: Server
) -> None:
    made = context.store.addons.add(credentials.new(app.id, "essential-2", "DATABASE_URL", context.clock.now()))
    context.store.addons.enforce_now(made, wanted=True)
    server.tables = 4_001
    assert (look(context, made), server.connections) == (Standing.REVOKED, 1)
    server.tables = 4_000
    assert (look(context, made), server.connections) == (Standing.NEAR, 40)


def test_a_plan_with_a_quota_of_rows_keeps_its_connections(context: Context, addon: Addon, server: Server) -> None:
    context.store.addons.enforce_now(addon, wanted=True)
    server.rows = 10_001
    assert (look(context, addon), server.connections) == (Standing.REVOKED, None)


def test_storage_is_looked_at_less_often_than_rows(context: Context, app: App) -> None:
    """Each look is a program in the database's container: an app at rest shall not cost one every few seconds."""
    context.store.addons.add(credentials.new(app.id, "essential-0", "DATABASE_URL", context.clock.now()))
    assert row_quota.every(context, app) == 600
    context.store.addons.add(credentials.new(app.id, "mini", "OTHER_URL", context.clock.now()))
    assert row_quota.every(context, app) == 20


def test_the_log_is_told_each_change_once(
    context: Context, app: App, clock: FakeClock, addon: Addon, server: Server
) -> None:
    told: dict[str, Standing] = {}
    for server.rows, later in ((100, 0.0), (7_000, 0.0), (10_001, 0.0), (10_001, 7 * DAY), (100, 0.0)):
        clock.later(later)
        for _ in range(2):
            row_quota.enforce(context, app, told)
    assert [line.partition(": ")[2] for line in lines(context, app) if addon.name in line] == [
        "7,000 of the 10,000 rows of the plan hobby-dev: INSERT is revoked above that",
        (
            "10,001 of the 10,000 rows of the plan hobby-dev: INSERT is revoked in seven days"
            " (`localku pg:quota --enforce now` does not wait)"
        ),
        "10,001 of the 10,000 rows of the plan hobby-dev: INSERT is revoked until some are deleted",
        "100 of the 10,000 rows of the plan hobby-dev: INSERT is allowed",
    ]
