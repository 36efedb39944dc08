"""Dynos as verbs: listing, fresh ones, and waiting for a release."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from verbs_kit import deploy

from localku import locks
from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform.dynos import dynos_of_app, formation, waiting
from localku.platform.dynos.formation import Change
from localku.platform.dynos.running import supervisor_lock
from localku.records import App
from localku.supervisor.dynos.dyno import fresh_record

if TYPE_CHECKING:
    from fake_engine import FakeClock


def saved(context: Context, app: App, name: str, state: str = "up", release: int = 3) -> None:
    record = fresh_record(app, name, context.clock.now())
    context.store.dynos.save(replace(record, state=state, release=release))


@pytest.mark.parametrize(
    ("dyno", "asked"),
    [(None, {"*": 1}), ("web", {"web.1": 1, "web.2": 1}), ("web.2", {"web.2": 1})],
)
def test_a_restart_is_wanted_of_crashed_dynos_too(
    context: Context, app: App, dyno: str | None, asked: dict[str, int]
) -> None:
    for name, state in (("web.1", "up"), ("web.2", "crashed"), ("worker.1", "up")):
        saved(context, app, name, state)
    dynos_of_app.restart(context, app, dyno)
    assert context.store.dynos.generations(app.id) == asked


def test_a_restart_of_a_dyno_that_is_not_there(context: Context, app: App) -> None:
    deploy(context, app)
    with pytest.raises(LocalkuError, match=r"There is no dyno web\.9") as raised:
        dynos_of_app.restart(context, app, "web.9")
    assert (raised.value.kind, raised.value.resource) == (Kind.NOT_FOUND, "dyno")


def test_stopping_a_dyno_of_the_formation_starts_it_afresh(context: Context, app: App) -> None:
    saved(context, app, "web.1")
    dynos_of_app.stop(context, app, "web.1")
    assert context.store.dynos.generations(app.id) == {"web.1": 1}


def test_dynos_are_listed_by_type_and_number(context: Context, app: App) -> None:
    for name in ("web.10", "worker.1", "web.2"):
        saved(context, app, name)
    found = dynos_of_app.listed(context, app)
    assert [one.name for one in found.formation] == ["web.2", "web.10", "worker.1"]
    assert (found.oneoffs, found.supervised) == ((), False)
    assert [one.name for one in dynos_of_app.listed(context, app, ("worker",)).formation] == ["worker.1"]
    with pytest.raises(LocalkuError, match="No clock dynos on one"):
        dynos_of_app.listed(context, app, ("web", "clock"))


def test_waiting_ends_when_all_run_the_newest_release(context: Context, clock: FakeClock, app: App) -> None:
    deploy(context, app, types={"web": "serve"})
    formation.update(context, app, [Change("web", 2, "standard-1x")])
    saved(context, app, "web.1", release=3)
    saved(context, app, "web.2", release=2)
    told: list[waiting.Progress] = []

    def later() -> None:
        saved(context, app, "web.2", release=3)

    clock.on_sleep = later
    with locks.held(supervisor_lock(context, app), "busy"):
        done = waiting.wait(context, app, waiting=told.append)
    assert told == [waiting.Progress(3, 1, 2)]
    assert done == waiting.Progress(3, 2, 2)


def test_nobody_waits_for_an_app_that_nobody_runs(context: Context, app: App) -> None:
    deploy(context, app)
    with pytest.raises(LocalkuError) as raised:
        waiting.wait(context, app)
    assert (raised.value.message, raised.value.kind) == ("one is not running.", Kind.CONFLICT)
