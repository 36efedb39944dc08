"""`reset-fs` prints what is lost while the fresh dynos start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from localku import locks
from localku.ephemeral.report import build
from localku.platform.dynos import filesystem, reset
from localku.platform.dynos.filesystem import Look
from localku.platform.dynos.running import supervisor_lock
from localku.states import DynoState
from localku.supervisor.dynos.dyno import fresh_record

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App

Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def worker(context: Context, app: App, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A dyno that wrote nothing, and what is done to it in its order."""
    done: list[str] = []
    record = replace(fresh_record(app, "worker.1", context.clock.now()), state=DynoState.UP, container="old")
    context.store.dynos.save(record)

    def asked(*_: object) -> None:
        done.append("asked")
        context.store.dynos.save(replace(record, container="new"))

    monkeypatch.setattr(filesystem.Files, "look", lambda *_: Look(build("worker.1", ()), {}))
    monkeypatch.setattr(context.store.dynos, "ask_restart", asked)
    monkeypatch.setattr("localku.cli.ephemeral_table.EphemeralTable", lambda _: done.append("shown") or "the report")
    wait = reset._wait_fresh
    monkeypatch.setattr(reset, "_wait_fresh", lambda *given: done.append("awaited") or wait(*given))
    return done


def test_no_fresh_dyno_waits_for_the_report(context: Context, app: App, localku: Command, worker: list[str]) -> None:
    with locks.held(supervisor_lock(context, app), "busy"):
        done = localku("reset-fs", "-a", app.name)
    assert (done.status, worker) == (0, ["asked", "shown", "awaited"])


@pytest.mark.parametrize("option", ["--check", "--dry-run"])
def test_who_only_looks_restarts_nothing(
    context: Context, app: App, localku: Command, worker: list[str], option: str
) -> None:
    with locks.held(supervisor_lock(context, app), "busy"):
        assert localku("reset-fs", option, "-a", app.name).status == 0
    assert worker == ["shown"]


def test_the_report_is_shown_where_nobody_would_start_fresh_ones(app: App, localku: Command, worker: list[str]) -> None:
    done = localku("reset-fs", "-a", app.name)
    assert "are unsupervised" in done.err
    assert worker == ["shown"]
