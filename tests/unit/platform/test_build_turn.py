"""Builds that clients send wait for each other, in the order in which they were asked for."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import deploy_kit
import pytest
from deploy_kit import Builds

from localku import locks
from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.deploying import build_turn
from localku.platform.deploying import builds as verbs
from localku.platform.deploying.deploy_source import Tarball
from localku.records import App, BuildStatus


@pytest.fixture
def builds(context: Context, monkeypatch: pytest.MonkeyPatch) -> Builds:
    return deploy_kit.builds(context, monkeypatch)


class Gone(Exception):
    """Whoever waited has gone."""


def gone() -> None:
    raise Gone


def test_who_builds_says_what_is_waited_for_and_goes_on_after_it(context: Context, app: App) -> None:
    said: list[str] = []
    running = ExitStack()
    running.enter_context(locks.held(verbs.lock(context, app), ""))
    seen: list[int] = []

    def look() -> None:
        seen.append(1)
        if len(seen) == 3:
            running.close()

    with build_turn.turn(context, app, said.append, look):
        assert locks.holder(verbs.lock(context, app)) is not None
    assert said == [f"Waiting for another build of {app.name}..."]
    assert len(seen) == 3


def test_who_has_gone_waits_no_more(context: Context, app: App) -> None:
    with locks.held(verbs.lock(context, app), ""), pytest.raises(Gone), build_turn.turn(context, app, print, gone):
        pass


def test_nobody_is_asked_where_nothing_is_built(context: Context, app: App) -> None:
    with build_turn.turn(context, app, print, gone):
        pass


def test_the_first_that_was_queued_is_the_first_to_build(context: Context, app: App) -> None:
    with verbs.queued(context, app, "1") as first, verbs.queued(context, app, "2") as second:
        assert [one.status for one in verbs.listed(context, app)] == [BuildStatus.PENDING] * 2
        with pytest.raises(Gone), build_turn.turn(context, app, print, gone, second.build):
            pass
        with build_turn.turn(context, app, print, gone, first.build):
            pass
    with verbs.queued(context, app, "3") as third, build_turn.turn(context, app, print, gone, third.build):
        pass
    assert {one.status for one in verbs.listed(context, app)} == {BuildStatus.SUCCEEDED}


def test_a_build_that_begins_leaves_those_that_wait(context: Context, app: App) -> None:
    with verbs.queued(context, app, None) as waiting:
        with locks.held(verbs.lock(context, app), ""), verbs.recorded(context, app, "heroku-24", None):
            pass
        assert verbs.find(context, app, waiting.build.id).status is BuildStatus.PENDING
    assert verbs.find(context, app, waiting.build.id).status is BuildStatus.SUCCEEDED


def test_what_waits_can_be_canceled(context: Context, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    signaled: list[int] = []
    monkeypatch.setattr("os.kill", lambda process, _number: signaled.append(process))

    def canceled() -> None:
        with verbs.queued(context, app, None) as waiting:
            verbs.cancel(context, app, waiting.build)
            raise SystemExit(143)

    with pytest.raises(SystemExit):
        canceled()
    assert signaled == [os.getpid()]
    assert verbs.find(context, app, None).status is BuildStatus.FAILED


def test_a_queued_build_is_the_one_that_is_made(context: Context, app: App, root: Path, builds: Builds) -> None:
    with verbs.queued(context, app, "1a2b") as recording:
        builds.deploy(app, recording=recording)
    (build,) = verbs.listed(context, app)
    assert (build.id, build.status, build.stack) == (recording.build.id, BuildStatus.SUCCEEDED, "debian-14")
    assert build.slug_id is not None


def test_a_source_that_is_no_tarball_is_a_build_that_failed(
    context: Context, app: App, builds: Builds, tmp_path: Path
) -> None:
    (tmp_path / "source").write_bytes(b"no tar")
    with pytest.raises(LocalkuError, match="cannot be unpacked"), verbs.queued(context, app, None) as recording:
        builds.deploy(app, Tarball(tmp_path / "source"), recording=recording)
    (build,) = verbs.listed(context, app)
    assert (build.status, build.release) == (BuildStatus.FAILED, None)
    assert b"The source cannot be unpacked" in b"".join(verbs.output(context, app, build))
