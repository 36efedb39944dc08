"""What happens when a build, an `up` or a `run` is killed or interrupted, or there are two of them."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.localku import Localku, interrupt, wait_for, write_app
from support.tiny import CLEAN, FILES, App

if TYPE_CHECKING:
    from support.second_engine import SecondEngine


@pytest.fixture(scope="module")
def app(lk2: Localku, engine2: SecondEngine, tmp_path_factory: pytest.TempPathFactory) -> App:
    made = App(lk2, engine2, write_app(tmp_path_factory.mktemp("apps") / "tiny", FILES))
    made.ok("build")
    return made


def building(app: App) -> subprocess.Popen[str]:
    """Start a build that is slow, and wait until its buildpack runs."""
    process = app.lk.start("build", "--force", cwd=app.folder)
    assert process.stdout is not None
    for line in process.stdout:
        if "Making something" in line:
            return process
    raise AssertionError(process.wait())


# Builds


def test_a_killed_build_is_told_and_cleared_away_and_the_next_one_works(app: App) -> None:
    with app.configured(SLOW_BUILD="30", KEPT="yes"):
        before = app.release()
        building(app).kill()
        left = app.leftovers()
        assert ("unsupervised: " in left, "localku-build-" in left) == (True, True)
        assert "Removing localku-build-" in app.ok("doctor", "--fix")
        assert app.leftovers() == CLEAN
        building(app).kill()
        assert app.release() == before
        assert app.ok("config:get", "KEPT") == "yes\n"
    app.ok("build", "--force")
    wait_for(lambda: app.dynos() == [])  # they end by themselves, and the build waits for none
    assert app.leftovers() == CLEAN


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["C-c", "TERM", "HUP"],
)
def test_an_interrupted_build_takes_its_container_with_it(app: App, number: signal.Signals, status: int) -> None:
    with app.configured(SLOW_BUILD="30"):
        process = building(app)
        process.send_signal(number)
        out, _ = process.communicate(timeout=120)
        assert "Traceback" not in out
        assert process.returncode == status
        assert app.dynos() == []


def test_a_second_build_at_the_same_time_is_refused(app: App) -> None:
    with app.configured(SLOW_BUILD="30"):
        first = building(app)
        told = app.fails("build", "--force")
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=120)
    assert "Another build of tiny is running." in told
    assert "Wait for it to finish." in told


def test_a_build_on_a_full_disk_says_so_and_loses_nothing(app: App) -> None:
    before = app.release()
    app.engine.fill()
    try:
        told = app.fails("build", "--force")
    finally:
        app.engine.free()
    assert "disk is full" in told
    assert app.release() == before
    app.ok("build", "--force")
    assert app.release() == before + 1
    assert app.leftovers() == CLEAN


def test_a_killed_provisioning_is_gone_on_with(app: App) -> None:
    other = App(app.lk, app.engine, write_app(app.folder.parent / "halfway", FILES))
    other.ok("build")
    process = app.lk.start("addons:create", "heroku-postgresql", cwd=other.folder)
    its_database = ("label=org.localku.app-name=halfway", "label=org.localku.role=postgres")
    wait_for(lambda: app.engine.containers(*its_database), every=0.01)
    process.kill()
    process.communicate()
    assert other.leftovers() == CLEAN
    begun = other.database()
    other.ok("addons:create", "heroku-postgresql")
    assert other.database() == begun
    assert other.sql("select 40 + 2") == "42"
    other.ok("apps:destroy", "--confirm", "halfway")
    volumes = app.engine.docker("volume", "ls", "-q", "--filter", "label=org.localku.app-name=halfway")
    assert volumes == ""


# up and run


def test_dynos_of_a_killed_localku_are_adopted(app: App) -> None:
    with app.up("-f", "worker=1") as first:
        app.wait_serving()
        running = sorted(app.dynos())
        first.send_signal(signal.SIGSTOP)  # or it would hold on to the app with a server that it starts
        app.lk.kill()
        first.kill()
        first.communicate()
        assert "unsupervised: " in app.leftovers()
        assert "localku up" in app.lk.run("ps", cwd=app.folder).err
        with app.up("-f", "worker=1"):
            app.wait_serving()
            assert sorted(app.dynos()) == running
            wait_for(lambda: app.leftovers() == CLEAN)
            assert sorted(app.dynos()) == running
    assert app.dynos() == []
    app.ok("ps:scale", "worker=0")


def test_an_up_killed_while_its_dyno_starts_is_taken_over(app: App) -> None:
    with app.configured(SLOW_BOOT="3"), app.up() as first:
        app.wait_state("starting")
        first.kill()
        first.communicate()
        with app.up():
            app.wait_serving()
            assert len(app.dynos("web.1")) == 1
    assert app.dynos() == []
    assert app.leftovers() == CLEAN


def test_an_up_killed_while_its_dyno_stops_is_cleared_away(app: App) -> None:
    with app.configured(SLOW_STOP="8"), app.up() as first:
        app.wait_serving()
        (old,) = app.dynos("web.1")
        first.send_signal(signal.SIGINT)
        wait_for(lambda: app.states() == {})
        first.kill()
        first.communicate()
        assert app.dynos("web.1") == [old]
        with app.up():
            app.wait_serving()
            wait_for(lambda: old not in app.dynos("web.1"))  # it has its seconds to stop
            assert len(app.dynos("web.1")) == 1
    assert app.dynos() == []
    assert app.leftovers() == CLEAN


def test_a_killed_run_is_cleared_away_by_the_next(app: App) -> None:
    process = app.lk.start("run", "sleep 300", cwd=app.folder)
    wait_for(lambda: app.dynos("run."))
    process.kill()
    process.communicate()
    assert "unsupervised: " in app.leftovers()
    app.ok("run", "true")
    assert app.dynos() == []
    assert app.leftovers() == CLEAN


def test_two_ups_at_once_are_one(app: App) -> None:
    with app.up():
        second = app.lk.start("up", cwd=app.folder)
        app.wait_serving()
        assert len(app.dynos("web.1")) == 1
        out = interrupt(second)
    assert "Traceback" not in out


def test_an_up_of_an_app_that_is_up_shows_its_log_and_ends_nothing(app: App) -> None:
    with app.up():
        app.wait_serving()
        second = app.lk.start("up", cwd=app.folder)
        assert second.stdout is not None
        assert next(line for line in second.stdout if "is already running at http://tiny.localhost:" in line)
        out = interrupt(second)
        assert (second.returncode, "tiny runs on" in out) == (0, True), out
        assert app.serves()


def test_an_up_whose_server_is_killed_has_the_next_one_run_its_app(app: App) -> None:
    with app.up() as process:
        app.wait_serving()
        running = app.dynos("web.1")
        app.lk.kill()
        app.wait_serving()
        assert app.dynos("web.1") == running
        out = interrupt(process)
        assert (process.returncode, "Traceback" in out) == (0, False), out
    assert app.dynos() == []
    assert app.leftovers() == CLEAN


def test_an_app_goes_down_with_the_up_that_is_killed(app: App) -> None:
    with app.up() as process:
        app.wait_serving()
        process.kill()
        wait_for(lambda: app.dynos() == [])
        assert app.leftovers() == CLEAN


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["C-c", "TERM", "HUP"])
def test_a_signal_stops_everything(app: App, number: signal.Signals) -> None:
    with app.up() as process:
        app.wait_serving()
        process.send_signal(number)
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert "Process exited with status 143" in out
        assert app.dynos() == []
        assert app.states() == {}
