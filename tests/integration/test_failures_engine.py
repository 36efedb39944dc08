"""What happens when the engine, its disk, its images or a database go away."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.localku import Localku, interrupt, wait_for, write_app
from support.second_engine import SecondEngine, fill
from support.tiny import CLEAN, FILES, App

UNAVAILABLE = 69
"""Exit status where no engine answers: EX_UNAVAILABLE of sysexits.h."""


@pytest.fixture(scope="module")
def app(lk2: Localku, engine2: SecondEngine, tmp_path_factory: pytest.TempPathFactory) -> App:
    made = App(lk2, engine2, write_app(tmp_path_factory.mktemp("apps") / "plain", FILES))
    made.ok("build")
    return made


@pytest.fixture(scope="module")
def stored(lk2: Localku, engine2: SecondEngine, tmp_path_factory: pytest.TempPathFactory) -> App:
    """An app with a database."""
    made = App(lk2, engine2, write_app(tmp_path_factory.mktemp("apps") / "stored", FILES))
    made.ok("build")
    made.ok("addons:create", "heroku-postgresql")
    return made


# The engine


@contextmanager
def written(app: App) -> Iterator[None]:
    """The app's database has a row, and has it at the same address after the block too."""
    app.sql("create table if not exists kept (n int); insert into kept values (42)")
    url, release = app.ok("config:get", "DATABASE_URL"), app.release()
    yield
    assert app.sql("select distinct n from kept") == "42"
    assert (app.ok("config:get", "DATABASE_URL"), app.release()) == (url, release)


def test_an_app_and_its_database_survive_a_restart_of_the_engine(stored: App) -> None:
    with stored.up() as process:
        stored.wait_serving()
        with written(stored):
            stored.engine.stop()
            stored.engine.start()
            stored.wait_logged("The engine is back.")
            stored.wait_serving()
            assert process.poll() is None
            assert len(stored.dynos("web.1")) == 1
        out = interrupt(process)
        assert process.returncode == 0
        assert "Traceback" not in out
    assert stored.leftovers() == CLEAN


def test_an_engine_that_stays_away_is_told_and_ends_up(app: App) -> None:
    with app.up(LOCALKU_CLOCK_SCALE="20") as process:
        app.wait_serving()
        app.engine.stop()
        try:
            out, _ = process.communicate(timeout=120)
            told = app.fails("run", "true", status=UNAVAILABLE)
        finally:
            app.engine.start()
        assert process.returncode == UNAVAILABLE
    assert "No Docker engine answers" in out
    assert "Traceback" not in out
    assert f"DOCKER_HOST is {app.engine.address}: start the engine there, correct it, or unset it." in told
    assert app.leftovers() == CLEAN


def test_ctrl_c_works_while_the_engine_is_away(app: App) -> None:
    with app.up() as process:
        app.wait_serving()
        app.engine.stop()
        try:
            out = interrupt(process, timeout=40)
        finally:
            app.engine.start()
        assert process.returncode == UNAVAILABLE
    assert "stopped by `localku down -a plain`, when the engine is back" in out
    assert app.dynos() == []


# The database


def test_a_database_stopped_by_hand_is_started_again(stored: App) -> None:
    with stored.up():
        stored.wait_serving()
        for how in ("stop", "kill", "rm --force"):
            before = stored.ok("logs", "-n", "1500").count("it is up again at")
            with written(stored):
                stored.engine.docker(*how.split(), stored.database())
                wait_for(lambda: stored.ok("logs", "-n", "1500").count("it is up again at") > before)  # noqa: B023


def test_a_database_whose_port_is_taken_moves_and_the_dynos_follow(stored: App) -> None:
    stored.sql("create table if not exists moved (n int); insert into moved values (7)")
    before, release = stored.ok("config:get", "DATABASE_URL").strip(), stored.release()
    host, port = before.rpartition("@")[2].partition("/")[0].split(":")
    with stored.up():
        stored.wait_serving()
        old = stored.dynos("web.1")
        server = stored.lk.pid_of("control")
        os.kill(server, signal.SIGSTOP)  # so that it cannot be quicker than the thief of the port
        try:
            stored.engine.docker("stop", stored.database())
            thief = socket.create_server((host, int(port)))
        finally:
            os.kill(server, signal.SIGCONT)
        with thief:
            wait_for(lambda: stored.release() == release + 1)
            wait_for(lambda: stored.states() == {"web.1": "up"} and not set(old) & set(stored.dynos("web.1")))
        after = stored.ok("config:get", "DATABASE_URL").strip()
        assert after.partition("@")[0] == before.partition("@")[0]
        assert after != before
        assert after in stored.engine.docker("inspect", "--format", "{{.Config.Env}}", *stored.dynos("web.1"))
        assert stored.sql("select distinct n from moved") == "7"
        stored.wait_logged("is no longer available: the database is now at")


# Disks


def test_a_dyno_that_finds_the_engines_disk_full_says_so_and_comes_back(app: App) -> None:
    # the old dyno takes its time, or its end would make room for the next one
    with app.configured(SLOW_STOP="20"), app.up(LOCALKU_CLOCK_SCALE="10"):
        app.wait_serving()
        app.engine.fill()
        try:
            app.ok("ps:restart")
            app.wait_logged("the engine's disk is full")
        finally:
            app.engine.free()
        app.wait_serving()
    assert app.dynos() == []
    assert app.leftovers() == CLEAN


def test_up_on_a_full_engine_says_why_and_works_once_there_is_room(app: App) -> None:
    app.engine.fill()
    try:
        assert "the engine's disk is full" in app.fails("run", "true")
        told = app.fails("up", "--detach")
    finally:
        app.engine.free()
        app.ok("down")
    assert "Not up: web.1." in told
    assert "disk is full" in told
    with app.up():
        app.wait_serving()


@pytest.fixture
def cramped(engine2: SecondEngine, tmp_path: Path) -> Iterator[App]:
    """An app whose localku has its state on a disk of a few megabytes."""
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(home)], check=True)
    lk = Localku(home, {"DOCKER_HOST": engine2.address})
    yield App(lk, engine2, write_app(tmp_path / "cramped", FILES))
    (home / "ballast").unlink(missing_ok=True)
    lk.clean()
    subprocess.run(["umount", "--lazy", str(home)], check=True)


def test_a_full_disk_of_localkus_own_loses_nothing(cramped: App) -> None:
    big = "BIG=" + "x" * 60000
    with cramped.up() as process:
        cramped.wait_serving()
        cramped.ok("config:set", "KEPT=yes")
        wait_for(lambda: cramped.states() == {"web.1": "up"} and len(cramped.dynos("web.1")) == 1)
        fill(cramped.lk.home)
        told = cramped.fails("config:set", big)
        (dyno,) = cramped.dynos("web.1")
        cramped.engine.docker("kill", dyno)
        wait_for(lambda: cramped.dynos("web.1") not in ([], [dyno]))
        (cramped.lk.home / "ballast").unlink()
        cramped.wait_serving()
        assert cramped.ok("config:get", "KEPT") == "yes\n"
        cramped.ok("config:set", big)
        assert "Traceback" not in interrupt(process)
    assert "is full" in told
    assert "Free some space" in told
    assert cramped.dynos() == []
    assert cramped.leftovers() == CLEAN


def test_down_stops_everything_on_a_full_disk_and_says_what_is_not_written_down(cramped: App) -> None:
    cramped.ok("up", "--detach")
    cramped.ok("run:detached", "sleep 1000")
    fill(cramped.lk.home)
    done = cramped.lk.run("down", cwd=cramped.folder)
    assert (done.status, done.out) == (0, "cramped is down\n"), done.err
    assert "is full." in done.err
    assert "Not recorded: that cramped is down, and what its dynos leave behind" in done.err
    assert cramped.dynos() == []
    (cramped.lk.home / "ballast").unlink()
    assert cramped.ok("down") == "cramped is down\n"
    assert cramped.states() == {}


def test_down_takes_away_a_detached_dyno_whose_runner_cannot_begin_on_a_full_disk(cramped: App) -> None:
    cramped.ok("build")
    cramped.ok("run:detached", "trap '' TERM; sleep 1000 & wait; sleep 1000")
    wait_for(lambda: list(cramped.states().values()) == ["up"])
    (lock,) = cramped.state.glob("run.*.lock")
    runner = int(lock.read_text())
    lock.unlink()
    lock.symlink_to("/nowhere/lock")
    os.kill(runner, signal.SIGKILL)
    fill(cramped.lk.home)
    done = cramped.lk.run("down", cwd=cramped.folder, LOCALKU_CLOCK_SCALE="10")
    assert (done.status, "is full" in done.err) == (0, True), done.err
    assert cramped.dynos() == []
    (cramped.lk.home / "ballast").unlink()
    assert cramped.ok("down") == "cramped is down\n"
    assert cramped.states() == {}


def test_down_clears_up_after_a_killed_localku_on_a_full_disk(cramped: App) -> None:
    with cramped.up() as process:
        cramped.wait_serving()
        process.kill()
        process.communicate(timeout=120)
        fill(cramped.lk.home)
        done = cramped.lk.run("down", cwd=cramped.folder)
        assert (done.status, "is full" in done.err) == (0, True), done.err
        assert cramped.dynos() == []
        (cramped.lk.home / "ballast").unlink()


def test_ctrl_c_stops_the_dynos_on_a_full_disk(cramped: App) -> None:
    with cramped.up() as process:
        cramped.wait_serving()
        fill(cramped.lk.home)
        out = interrupt(process)
        assert "Traceback" not in out
        assert cramped.dynos() == []
        (cramped.lk.home / "ballast").unlink()
    assert cramped.states() == {}


# Images


def test_an_image_removed_by_hand_is_built_again(app: App) -> None:
    app.engine.docker("rmi", "-f", *app.image_names())
    told = app.fails("run", "true")
    assert "The image localku/" in told
    assert "`localku build` creates it again." in told
    assert "No changes since" not in app.ok("build")
    with app.up():
        app.wait_serving()
        app.engine.docker("rmi", "-f", *app.image_names())
        app.engine.docker("kill", *app.dynos("web.1"))
        app.wait_logged("is gone from the engine; the rest of plain is intact.")
        app.ok("build")
        app.wait_serving()


def test_up_after_a_prune_of_everything_makes_it_all_again(stored: App) -> None:
    stored.sql("create table if not exists pruned (n int); insert into pruned values (5)")
    stored.engine.docker("rm", "--force", *stored.engine.docker("ps", "--quiet").split())  # prune spares what runs
    try:
        stored.engine.docker("system", "prune", "--all", "--force")
        assert stored.engine.docker("images", "--quiet") == ""
    finally:
        stored.engine.load()
    assert "-----> Compressing..." in stored.ok("up", "--detach")
    stored.wait_serving()
    assert stored.sql("select distinct n from pruned") == "5"
    stored.ok("down")
    assert stored.leftovers() == CLEAN
