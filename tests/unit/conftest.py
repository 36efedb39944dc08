from pathlib import Path
from typing import cast

import pytest
from fake_engine import FakeClock, FakeEngine

from localku.engine.client import Engine
from localku.platform.context import Context
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
