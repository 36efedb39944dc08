"""`localku down`, where another process runs the app or did."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import pytest

from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.dynos import filesystem, running
from localku.records import App, Observation
from localku.server.apps import stopping

if TYPE_CHECKING:
    from conftest import Command

FULL = LocalkuError("The disk with state.db is full.", "Free some space and try again.")


class Server:
    """Runs the app, and takes it down when it is told to, over its socket."""

    def __init__(self, context: Context, app: App) -> None:
        self.told: list[str] = []
        self._runs = True
        self._context, self._app = context, app

    def pid(self, *_: object) -> int | None:
        return 4242 if self._runs else None

    def connect(self, home: object) -> Self:
        assert home == self._context.home
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def take_down(self, app: str, say: Callable[[str], None]) -> None:
        self.told.append(app)
        say("took it down")
        self._runs = False


@pytest.fixture
def server(context: Context, root: object, monkeypatch: pytest.MonkeyPatch) -> Server:
    from localku.platform import new_apps

    app = new_apps.create(context, root, None)  # type: ignore[arg-type]
    context.store.apps.want(app, "up")
    made = Server(context, app)
    monkeypatch.setattr(running, "is_running", made.pid)
    monkeypatch.setattr(stopping, "connect", made.connect)
    return made


def test_it_answers_at_once_and_tells_what_was_lost(
    localku: Command, context: Context, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    (app,) = context.store.apps.all()
    old = Observation(app.id, "worker.1", filesystem.FAREWELL, 3, "worker.1 wrote long ago", context.clock.now())
    context.store.observations.keep(old)
    context.engine.clock.later(1)  # type: ignore[attr-defined]
    new = Observation(app.id, "web.1", filesystem.FAREWELL, 3, "web.1 wrote 1 file", context.clock.now())
    context.store.observations.keep(new)
    done = localku("down")
    assert done.err == "Stopping one: SIGTERM to all its processes, SIGKILL after 30 seconds\ntook it down\n"
    assert done.out == "web.1 wrote 1 file\none is down\n"
    assert (server.told, context.store.apps.by_id(app.id).wanted) == ([app.uuid], "down")


def test_where_the_store_cannot_be_written_the_socket_tells(
    localku: Command, context: Context, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise FULL

    monkeypatch.setattr(context.store.apps, "want", full)
    done = localku("down")
    assert (done.status, done.out) == (0, "one is down\n")
    assert len(server.told) == 1
    assert "Not recorded: that one is down" in done.err
