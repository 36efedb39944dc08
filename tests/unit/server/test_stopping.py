"""`down` as a verb, where nobody runs the app."""

from __future__ import annotations

from localku.context import Context
from localku.records import App
from localku.server.apps import stopping
from localku.states import Wanted


def test_what_a_killed_localku_left_is_cleared(context: Context, app: App) -> None:
    context.store.apps.want(app, Wanted.UP)
    said, lost = list[str](), list[str]()
    after = stopping.down(context, app, said.append, lost.append)
    assert (after.wanted, said, lost) == (Wanted.DOWN, [], [])
