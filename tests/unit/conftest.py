from pathlib import Path
from typing import cast

import pytest
from fake_engine import FakeClock, FakeEngine

from localku.context import Context
from localku.engine.client import Engine
from localku.platform import apps
from localku.store.records import App
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
    return Context(Store(home), cast("Engine", engine), clock)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "one"
    folder.mkdir()
    return folder


@pytest.fixture
def app(context: Context, root: Path) -> App:
    return apps.create(context, root, None)
