"""Heroku's own behaviour as the judge: the checklist C1 to C32 of the reference, one file each.

`pytest tests/conformance` runs Heroku's time limits ten times as fast; `--real-limits` runs them as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from support.localku import Localku
from world import Running, World

SCALE = 10.0


@pytest.fixture(scope="session")
def scale(pytestconfig: pytest.Config) -> float:
    return 1.0 if pytestconfig.getoption("--real-limits") else SCALE


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Localku]:
    """A localku with its own state folder, with the engine and the stack it needs; its apps go at the end."""
    localku = Localku(tmp_path_factory.mktemp("conformance"))
    localku.ok("doctor", "--fix", cwd=localku.home)
    yield localku
    localku.clean()


@pytest.fixture(scope="session")
def world(home: Localku, scale: float, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The app that tests tell what to be; see `world.py`."""
    return World.made(home, tmp_path_factory.mktemp("apps") / "conformance", scale)


@pytest.fixture(scope="session")
def make_world(
    home: Localku, scale: float, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, dict[str, str]], World]:
    """Make another app, of the same source with these files in place of or beside it: `make_world("c22", {...})`."""

    def make(name: str, files: dict[str, str]) -> World:
        return World.made(home, tmp_path_factory.mktemp("apps") / name, scale, files)

    return make


@pytest.fixture(scope="session")
def phased(make_world: Callable[[str, dict[str, str]], World]) -> World:
    """An app with a release phase: RELEASE says what it does, and the files of the app are served.

    `GET /code.txt` tells which code runs, `GET /colour.txt` the config var COLOUR the dyno was started with.
    """
    web = 'web: echo "$COLOUR" > colour.txt; exec python -m http.server $PORT'
    procfile = f'release: eval "$RELEASE"\n{web}\nworker: sleep 100000\n'
    return make_world("phased", {"Procfile": procfile, "code.txt": "one"})


@pytest.fixture(scope="session")
def raw(make_world: Callable[[str, dict[str, str]], World]) -> Iterator[Running]:
    """An app that runs as long as the tests do and answers as the path says: `app/raw.py`."""
    with make_world("raw", {"requirements.txt": ""}).running(WEB="python raw.py") as running:
        yield running
