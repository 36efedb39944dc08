from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from router_kit import FAST, Client, Dyno, Handler, Loop, World, start

from localku.router.direct_request import DirectRequest
from localku.router.router_server import RouterThread


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.stop()


@pytest.fixture(scope="session", autouse=True)
def _quick_to_collect() -> None:
    """What is imported already stays: the collection after each test need not look at it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _no_task_dies_unheard(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What nobody awaits only shows in asyncio's log."""
    yield
    gc.collect()
    for when in ("setup", "call", "teardown"):
        unheard = [one for one in caplog.get_records(when) if "never retrieved" in one.message]
        assert not [one for one in unheard if "router_kit.py" not in (one.exc_text or "")], "the dynos of tests may"


@pytest.fixture
def dyno(loop: Loop) -> Iterator[Callable[..., Dyno]]:
    made: list[Dyno] = []

    def make(handler: Handler, **more: Any) -> Dyno:
        made.append(Dyno(loop, handler, **more))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def router(world: World) -> Iterator[RouterThread]:
    running = start(world)
    yield running
    running.stop()


@pytest.fixture
def client(router: RouterThread) -> Iterator[Client]:
    with Client(router.port) as made:
        yield made


@pytest.fixture
def hurried(world: World) -> Iterator[Client]:
    """A client of a router whose time limits are 50 times as short."""
    running = start(world, limits=FAST)
    with Client(running.port) as made:
        yield made
    running.stop()


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The targets of requests that came at once and needed a task all the same."""
    found: list[str] = []
    run = DirectRequest.run

    async def counted(self: DirectRequest, *, crowded: bool = False) -> bool:
        found.append(self.request.target.decode())
        return await run(self, crowded=crowded)

    monkeypatch.setattr(DirectRequest, "run", counted)
    return found
