"""Connects the pieces that every verb needs, as the environment says: the one place that knows which they are."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from localku import paths
from localku.clock import system_clock
from localku.context import Context
from localku.control import owner
from localku.engine.client import Engine
from localku.errors import worded
from localku.neutral import neutral
from localku.store.store import Store

if TYPE_CHECKING:
    from localku.services.service import Service


def open_context() -> Context:
    """Connect them; `LOCALKU_CLOCK_SCALE=60` makes Heroku's minutes seconds."""
    home = paths.home()
    owner.check(home)
    ended: list[None] = []
    store = Store(home, partial(_ring, home), partial(_without_server, home, lambda: ended.append(None)))
    context = Context(store, Engine(), system_clock(os.environ), _postgres, _to_stderr, _kept_by_the_server)
    if ended:
        _start_again(context)
    return context


def _ring(home: Path) -> None:
    from localku.control import bell  # a command that only reads never rings

    bell.ring(home)


def _without_server(home: Path, ended: Callable[[], None]) -> AbstractContextManager[None]:
    from localku.control.starting import without_server

    return without_server(home, ended)


def _start_again(context: Context) -> None:
    """Start a server in place of an older one, which had to go for the sake of the tables."""
    from localku.control import starting

    starting.server(context).close()


def _kept_by_the_server(context: Context) -> None:
    from localku.control.starting import server

    with server(context):  # it hears of each change, and looks at its start
        return


def _postgres() -> Service:
    from localku.services.postgres.postgres_service import Postgres  # few commands have to do with databases

    return Postgres()


def _to_stderr(line: str) -> None:
    print(f" !     {neutral(worded(line))}", file=sys.stderr, flush=True)
