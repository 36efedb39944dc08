"""The server gets ready beside a deploy: it is asked for once, and what keeps it away is told to whoever needs it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from localku.context import Context
from localku.control import starting
from localku.control.early_server import EarlyServer
from localku.errors import Kind, LocalkuError


def test_the_first_to_ask_gets_what_was_begun_before_and_others_a_connection_of_their_own(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    begun, go_on = threading.Event(), threading.Event()

    def server(_context: Context) -> object:
        asked.append(object())
        begun.set()
        assert go_on.wait(20)
        return asked[-1]

    monkeypatch.setattr(starting, "server", server)
    early = EarlyServer(context)
    assert begun.wait(20)
    go_on.set()
    assert [early.client(), early.client()] == asked
    assert len(asked) == 2


def test_what_keeps_the_server_away_is_raised_where_it_is_needed(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_context: Context) -> object:
        raise LocalkuError("no server", kind=Kind.UNAVAILABLE)

    monkeypatch.setattr(starting, "server", refused)
    early = EarlyServer(context)
    early.join()
    for _ in range(2):
        with pytest.raises(LocalkuError, match="no server"):
            early.client()
