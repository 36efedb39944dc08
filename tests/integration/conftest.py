"""A real engine for every test here: the suite gets one, it never goes without."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.localku import Localku


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
