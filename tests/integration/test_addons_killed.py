"""A database that goes while the app is up, and one whose localku is killed: nothing is left, and no data is lost."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import engine_view
from support.localku import Localku, wait_for, write_app
from support.tiny import FILES

from localku.store.store import Store

APP = "shelved"


@pytest.fixture(scope="module")
def folder(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_app(tmp_path_factory.mktemp("apps") / APP, {**FILES, "Procfile": "web: ./serve\n"})
    lk.ok("build", cwd=made)
    return made


@pytest.fixture
def up(lk: Localku, folder: Path) -> Iterator[None]:
    lk.ok("up", "--detach", "--no-build", cwd=folder)
    yield
    lk.ok("down", cwd=folder)


def records(lk: Localku) -> list[str]:
    store = Store(lk.home)
    return [addon.name for app in store.apps.all() for addon in store.addons.of(app)]


def servers(lk: Localku, *, running: bool = False) -> list[str]:
    return engine_view.containers(lk.home, f"app-name={APP}", "role=postgres", running=running)


def data(lk: Localku) -> list[str]:
    return engine_view.volumes(lk.home, f"app-name={APP}", "role=postgres")


def killed(lk: Localku, folder: Path, *command: str, when: Callable[[], object], after: float = 0.0) -> None:
    """Start a command and kill it with -9 so many seconds after something is true."""
    process = lk.start(*command, cwd=folder)
    while not when() and process.poll() is None:
        time.sleep(0.005)
    time.sleep(after)
    process.kill()
    process.communicate(timeout=120)


POINTS = {
    "at the record": (records, 0.0),
    "at the container": (servers, 0.0),
    "while the server starts": (lambda lk: servers(lk, running=True), 0.7),
}


@pytest.mark.parametrize("point", POINTS)
def test_what_a_killed_creation_leaves_is_known_stopped_and_gone_on_with(point: str, lk: Localku, folder: Path) -> None:
    seen, after = POINTS[point]
    killed(lk, folder, "addons:create", "heroku-postgresql", when=lambda: seen(lk), after=after)
    (name,) = records(lk)
    lk.ok("down", cwd=folder)
    assert servers(lk, running=True) == []
    lk.ok("addons:create", "heroku-postgresql", cwd=folder)
    assert records(lk) == [name]
    assert servers(lk) == data(lk) == [f"localku-{name}"]
    assert lk.ok("run", "--no-tty", 'psql "$DATABASE_URL" -qAtc "SELECT 6 * 7"', cwd=folder).out.strip() == "42"
    lk.ok("addons:destroy", "--confirm", APP, cwd=folder)
    assert (records(lk), servers(lk), data(lk)) == ([], [], [])


def test_a_killed_creation_is_finished_by_what_runs_the_app(lk: Localku, folder: Path, up: None) -> None:
    killed(lk, folder, "addons:create", "heroku-postgresql", when=lambda: servers(lk))
    (name,) = records(lk)
    wait_for(lambda: "DATABASE_URL" in lk.ok("config", "--json", cwd=folder).json)
    assert servers(lk) == [f"localku-{name}"]
    lk.ok("addons:destroy", "--confirm", APP, cwd=folder)


def test_a_database_destroyed_while_the_app_is_up_stays_away(lk: Localku, folder: Path, up: None) -> None:
    for _ in range(2):
        lk.ok("addons:create", "heroku-postgresql", cwd=folder)
        lk.ok("addons:destroy", "--confirm", APP, cwd=folder)
        deadline = time.monotonic() + 4  # the supervisor looks every 3 seconds
        while time.monotonic() < deadline:
            assert (servers(lk), data(lk)) == ([], [])
            time.sleep(0.2)


def test_what_a_killed_destroy_leaves_is_taken_away(lk: Localku, folder: Path, up: None) -> None:
    lk.ok("addons:create", "heroku-postgresql", cwd=folder)
    killed(lk, folder, "addons:destroy", "--confirm", APP, when=lambda: not records(lk))
    wait_for(lambda: (servers(lk), data(lk)) == ([], []))
    assert lk.ok("addons", "--json", cwd=folder).json == []
    assert "DATABASE_URL" not in lk.ok("config", "--json", cwd=folder).json


def test_a_release_container_of_a_killed_command_does_not_stay_beside_a_running_app(lk: Localku, folder: Path) -> None:
    """Platform time runs fast, so that the supervisor looks often."""
    left = ["docker", "create", "--label", f"org.localku.home={engine_view.home_id(lk.home)}"]
    app = engine_view.uuid(lk.home, APP)
    for label in (f"app={app}", f"app-name={APP}", "role=dyno", "type=release", "dyno=release.8194"):
        left += ["--label", f"org.localku.{label}"]
    lk.ok("up", "--detach", "--no-build", cwd=folder, LOCALKU_CLOCK_SCALE="20")
    try:
        subprocess.run([*left, engine_view.image(lk.home, APP)], check=True, capture_output=True)
        wait_for(lambda: engine_view.containers(lk.home, f"app-name={APP}", "type=release") == [])
    finally:
        lk.ok("down", cwd=folder)
