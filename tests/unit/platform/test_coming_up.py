"""Waiting for an app that was brought up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from verbs_kit import deploy

from localku import locks
from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.dynos import coming_up
from localku.platform.dynos.running import supervisor_lock
from localku.records import App
from localku.states import DynoState, Wanted
from localku.supervisor.dynos.dyno import fresh_record


@pytest.fixture
def wanted(context: Context, app: App, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setattr(coming_up, "ALONE_SECONDS", 0.05)
    deploy(context, app)
    context.store.apps.want(app, Wanted.UP)
    return app


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_where_whoever_ran_it_was_killed_somebody_is_to_take_it_over(
    context: Context, wanted: App, held: ExitStack
) -> None:
    web = fresh_record(wanted, "web.1", context.clock.now())
    context.store.dynos.save(web)
    asked: list[None] = []

    def take_over() -> None:
        asked.append(None)
        context.store.dynos.save(replace(web, state=DynoState.UP))
        held.enter_context(locks.held(supervisor_lock(context, wanted), "It is run already."))

    assert coming_up.wait(context, wanted, take_over) == ()
    assert asked == [None]


def test_who_does_not_take_it_over_is_asked_again(context: Context, wanted: App) -> None:
    asked: list[None] = []

    def take_over() -> None:
        asked.append(None)
        if len(asked) == 3:
            context.store.apps.want(wanted, Wanted.DOWN)

    with pytest.raises(LocalkuError, match="did not stay up"):
        coming_up.wait(context, wanted, take_over)
    assert len(asked) == 3
