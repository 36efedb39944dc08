"""`down` as a verb, and what a start in the background is told."""

from __future__ import annotations

from localku.context import Context
from localku.server import stopping
from localku.server.detached_start import Background
from localku.states import Wanted
from localku.store.records import App


def test_what_a_killed_localku_left_is_cleared(context: Context, app: App) -> None:
    context.store.apps.want(app, Wanted.UP)
    said, lost = list[str](), list[str]()
    after = stopping.down(context, app, said.append, lost.append)
    assert (after.wanted, said, lost) == (Wanted.DOWN, [], [])


def test_the_new_process_is_told_how_to_run() -> None:
    assert Background(5000).arguments() == ["--port", "5000", "--no-build", "--in-background"]
    told = Background(5001, watch=True, offline=True, cycle_every=300.0).arguments()
    assert told[4:] == ["--watch", "--offline", "--cycle-every", "300.0s"]
