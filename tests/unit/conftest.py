from pathlib import Path
from typing import cast

import pytest
from fake_engine import FakeClock, FakeEngine

from localku.context import Context
from localku.engine.client import Engine
from localku.platform import new_apps
from localku.platform.dynos import oneoff_runners
from localku.records import App
from localku.services.postgres.postgres_service import Postgres
from localku.store.store import Store


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def engine(clock: FakeClock) -> FakeEngine:
    return FakeEngine(clock)


@pytest.fixture
def context(tmp_path: Path, engine: FakeEngine, clock: FakeClock) -> Context:
    """A state folder of the test's own, an engine in memory and time that stands still."""
    home = tmp_path / "home"
    home.mkdir()
    return Context(Store(home), cast("Engine", engine), clock, Postgres)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "one"
    folder.mkdir()
    return folder


@pytest.fixture
def app(context: Context, root: Path) -> App:
    return new_apps.create(context, root, None)


@pytest.fixture
def launched(context: Context) -> list[str]:
    """Names of the detached dynos that nobody looked after, each time that the server was asked to."""
    names: list[str] = []

    def keep(asked: Context) -> None:
        for app in asked.store.apps.all():
            found = (one for one in asked.store.oneoffs.of(app) if one.detached)
            names.extend(one.name for one in found if not oneoff_runners.has_runner(asked, app, one.name))

    object.__setattr__(context, "keep_detached", keep)
    return names
