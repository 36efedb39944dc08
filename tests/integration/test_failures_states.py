"""localku is killed with -9 while its dynos are in each of their states; the next one finds them as they were."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from support.localku import Localku, wait_for, write_app
from support.tiny import CLEAN, FILES, App

if TYPE_CHECKING:
    from support.second_engine import SecondEngine

PROCFILE = FILES["Procfile"] + 'release: sleep "${SLOW_RELEASE:-0}"\nloser: exit 7\n'
DAYS = 2
HALF_A_DAY = 0.5


@pytest.fixture(scope="module")
def app(lk2: Localku, engine2: SecondEngine, tmp_path_factory: pytest.TempPathFactory) -> App:
    made = App(lk2, engine2, write_app(tmp_path_factory.mktemp("apps") / "states", {**FILES, "Procfile": PROCFILE}))
    made.ok("build")
    return made


def up(app: App) -> None:
    app.ok("up", "--detach", "--no-build")


def up_with(app: App, dynos: int) -> None:
    """As `up`, which does not wait for ever: many dynos may take longer."""
    app.lk.run("up", "--detach", "--no-build", cwd=app.folder)
    wait_for(lambda: len(each(app)) == dynos and list(app.states().values()) == ["up"] * dynos, 400)


def kill(app: App, days: float = 0, retry_in: float | None = None) -> None:
    """Kill whoever runs the app, and let days pass before anybody else does; a crashed dyno is due in some seconds."""
    app.lk.kill()
    with sqlite3.connect(app.lk.home / "state.db") as state:
        if days:
            then = (datetime.now(UTC) - timedelta(days=days)).isoformat()
            state.execute("UPDATE dynos SET since = ?", (then,))
        if retry_in is not None:
            then = (datetime.now(UTC) + timedelta(seconds=retry_in)).isoformat()
            changed = state.execute("UPDATE dynos SET retry_at = ? WHERE state = 'crashed'", (then,))
            assert changed.rowcount == 1
    state.close()


def each(app: App) -> Counter[str]:
    """How many containers each dyno has."""
    return Counter(name.rpartition("-")[0] for name in app.dynos())


def log(app: App) -> list[str]:
    return [line.partition(" ")[2] for line in app.ok("logs", "-n", "1500").splitlines()]


@pytest.fixture(autouse=True)
def ended(app: App) -> None:
    """Every test begins with an app that is down, of one basic web dyno."""
    app.ok("down")
    app.ok("ps:scale", "web=1:basic", "worker=0:basic", "loser=0:basic")


def test_a_release_that_was_in_its_phase_has_expired_and_the_one_before_is_in_force(app: App) -> None:
    before = app.release()
    process = app.lk.start("config:set", "SLOW_RELEASE=60", cwd=app.folder)
    wait_for(lambda: app.dynos("release."))
    process.kill()
    process.communicate()
    try:
        up(app)
        assert app.dynos("release.") == []
        assert app.release() == before
        assert "release expired" in app.ok("releases")
    finally:
        app.lk.run("config:unset", "SLOW_RELEASE", cwd=app.folder)


def test_one_that_waits_after_a_crash_waits_on(app: App) -> None:
    app.ok("ps:scale", "loser=1")
    app.lk.run("up", "--detach", "--no-build", cwd=app.folder)
    wait_for(lambda: [line for line in log(app) if "crashed 3 times" in line])
    wait_for(lambda: app.states()["loser.1"] == "crashed")
    kill(app, retry_in=600)
    seen = len(log(app))
    app.lk.run("up", "--detach", "--no-build", cwd=app.folder)
    assert app.states()["loser.1"] == "crashed"
    assert not [line for line in log(app)[seen:] if line.startswith("heroku[loser.1]: Starting")]
    kill(app, retry_in=0)
    app.lk.run("up", "--detach", "--no-build", cwd=app.folder)
    wait_for(lambda: "localku[loser.1]: next attempt in 40 s (crashed 4 times)" in log(app)[seen:])


def test_one_that_sleeps_sleeps_on_and_wakes_at_the_next_request(app: App) -> None:
    app.ok("ps:scale", "web=1:eco", "worker=1:eco")
    up(app)
    kill(app, HALF_A_DAY)
    (app.state / "traffic").unlink(missing_ok=True)
    seen = len(log(app))
    app.lk.run("up", "--detach", "--no-build", cwd=app.folder)
    wait_for(lambda: app.states() == {"web.1": "idle", "worker.1": "idle"} and not app.dynos())
    kill(app)
    up(app)
    assert app.states() == {"web.1": "idle", "worker.1": "idle"}
    assert app.serves()
    lines = [line for line in log(app)[seen:] if line.startswith("heroku[web.1]")]
    assert lines[-4:] == [
        "heroku[web.1]: Unidling",
        "heroku[web.1]: State changed from down to starting",
        "heroku[web.1]: Starting process with command `./serve`",
        "heroku[web.1]: State changed from starting to up",
    ]
    assert len(app.dynos("web.1")) == len(app.dynos("worker.1")) == 1


def test_one_that_is_cycled_is_started_once(app: App) -> None:
    with app.configured(SLOW_STOP="20"):
        up(app)
        old = app.dynos("web.1")
        kill(app, DAYS)
        app.lk.start("up", "--no-build", cwd=app.folder)
        wait_for(lambda: app.states() == {"web.1": "down"})
        kill(app)
        assert app.dynos("web.1") == old
        up(app)
        wait_for(lambda: old[0] not in app.dynos("web.1"))  # it has its seconds to stop
        assert len(app.dynos("web.1")) == 1
        assert app.serves()
        assert not [line for line in log(app)[-6:] if "crashed" in line]


def test_thirty_dynos_come_back_none_doubled_and_none_lost(app: App) -> None:
    app.ok("ps:scale", "web=1:standard-1x", "worker=29:standard-1x")
    up_with(app, 30)
    before = each(app)
    assert len(before) == 30
    assert set(before.values()) == {1}
    kill(app)
    lost = [name for name in app.dynos("worker.") if "-worker.2" in name]
    app.engine.docker("rm", "--force", *lost)
    up_with(app, 30)
    wait_for(lambda: each(app) == before)
    assert each(app) == before
    assert app.serves()
    app.ok("down")
    assert app.dynos() == []
    assert app.leftovers() == CLEAN
