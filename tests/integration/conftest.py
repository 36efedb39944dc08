"""A real engine for every test here: the suite gets one, it never goes without."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.localku import Localku
from support.second_engine import SecondEngine


@pytest.fixture(scope="session", autouse=True)
def engine(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Get an engine, the stack and the Postgres image, as a newcomer would."""
    home = tmp_path_factory.mktemp("doctor")
    Localku(home).ok("doctor", "--fix", cwd=home)


@pytest.fixture(scope="module")
def lk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Localku]:
    """A localku with a state folder of its own; all its apps are destroyed at the end."""
    localku = Localku(tmp_path_factory.mktemp("home"))
    yield localku
    localku.clean()


@pytest.fixture(scope="session")
def engine2() -> Iterator[SecondEngine]:
    """An engine that tests may stop, restart and fill up."""
    with SecondEngine() as engine:
        yield engine


@pytest.fixture(scope="module")
def lk2(engine2: SecondEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Localku]:
    """As `lk`, on the engine that may be stopped."""
    localku = Localku(tmp_path_factory.mktemp("home"), {"DOCKER_HOST": engine2.address})
    yield localku
    localku.clean()
