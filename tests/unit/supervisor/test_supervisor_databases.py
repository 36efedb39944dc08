"""How often a running app's databases are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from localku.platform.addons import provisioning, row_quota
from localku.services.postgres import credentials
from localku.supervisor.databases import Databases

if TYPE_CHECKING:
    from fake_engine import FakeClock

    from localku.context import Context
    from localku.records import App
    from localku.supervisor.output.journal import Journal


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    monkeypatch.setattr(provisioning, "ensure_running", lambda *_, **__: None)
    monkeypatch.setattr(row_quota, "enforce", lambda *_: seen.append("quota"))
    return seen


def later(clock: FakeClock, databases: Databases, seconds: int) -> None:
    for _ in range(0, seconds, 10):
        clock.later(10)
        databases.look(now=True)


def test_quotas_of_storage_cost_an_app_at_rest_next_to_nothing(
    context: Context, app: App, clock: FakeClock, looks: list[str]
) -> None:
    context.store.addons.add(credentials.new(app.id, "essential-0", "DATABASE_URL", context.clock.now()))
    databases = Databases(context, app, cast("Journal", None))
    later(clock, databases, 600)
    assert len(looks) == 1
    later(clock, databases, 600)
    assert len(looks) == 2
    context.store.addons.add(credentials.new(app.id, "mini", "OTHER_URL", context.clock.now()))
    later(clock, databases, 200)
    assert len(looks) == 12
