"""Rows that were committed are there, and no broken backup is a good one, whoever is killed while they are written."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from support import engine_view
from support.localku import Localku, wait_for
from support.row_ledger import RowLedger
from support.shelf import FILL, Refused, Shelf, make

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = "lossless"


@pytest.fixture(scope="module")
def shelf(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    made = make(lk, tmp_path_factory.mktemp("apps"), NAME)
    made.sql(f'SET ROLE "{made.role}"; {FILL}')
    lk.ok("server", "--detach", cwd=made.folder)
    return made


@pytest.fixture
def ledger(shelf: Shelf) -> RowLedger:
    shelf.sql("DROP TABLE IF EXISTS ledger")
    return RowLedger(shelf.ok("config:get", "DATABASE_URL").strip())


def kill_database(shelf: Shelf) -> None:
    """All of it at once, as the kernel's out-of-memory killer or a crash would: the engine starts it again."""
    asked = ["docker", "inspect", "-f", "{{.State.Pid}}", shelf.container]
    first = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    os.kill(int(first), signal.SIGKILL)


def kill_backend(shelf: Shelf) -> None:
    """One of its processes: the others end with it, and recover."""
    asked = ["docker", "top", shelf.container, "-eo", "pid,args"]
    rows = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    writer = next(row for row in rows if "checkpointer" in row)
    os.kill(int(writer.split()[0]), signal.SIGKILL)


def kill_server(shelf: Shelf) -> None:
    shelf.lk.kill()


VICTIMS: dict[str, Callable[[Shelf], None]] = {
    "the database": kill_database,
    "a process of the database": kill_backend,
    "the server": kill_server,
}


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_kill_loses_no_row(victim: str, shelf: Shelf, ledger: RowLedger) -> None:
    with ledger.writing():
        ledger.wait()
        VICTIMS[victim](shelf)
        if victim != "the server":
            wait_for(lambda: ledger.failures)
        ledger.wait()
    assert ledger.balance() == []
    assert bool(ledger.failures) == (victim != "the server")
    shelf.lk.ok("server", "--detach", cwd=shelf.folder)


@pytest.mark.parametrize("victim", ["the database", "the command", "the server"])
def test_a_kill_during_a_capture_leaves_no_backup_that_is_not_whole(
    victim: str, shelf: Shelf, ledger: RowLedger
) -> None:
    """The dump is half way: it waits for a table that is locked."""
    with ledger.writing():
        ledger.wait()
        with shelf.locked():
            command = shelf.lk.start("pg:backups:capture", cwd=shelf.folder)
            wait_for(shelf.waiting)
            if victim == "the command":
                command.kill()
            else:
                VICTIMS[victim](shelf)
            if victim == "the database":
                said, _ = command.communicate(timeout=120)
                assert command.returncode == 1, said
                assert "pg_dump failed" in said
        ledger.wait()
        said, _ = command.communicate(timeout=120)
    broken = victim != "the server"
    newest = shelf.newest()
    assert newest["succeeded"] is not broken, said
    assert [path.name for path in shelf.files.glob("*.part")] == []
    assert (shelf.files / f"{newest['name']}.dump").exists() is not broken
    assert ledger.balance() == []
    shelf.lk.ok("server", "--detach", cwd=shelf.folder)
    assert_a_backup_has(shelf, ledger)


def assert_a_backup_has(shelf: Shelf, ledger: RowLedger) -> None:
    """What was acknowledged before a capture is in it, and it is restored in the place of what came after."""
    before = set(ledger.acknowledged)
    shelf.ok("pg:backups:capture")
    with ledger.writing():
        ledger.wait(5)
    assert shelf.run("pg:backups:restore", "--confirm", NAME).status == 0
    ledger.forget(but=before)
    assert ledger.balance() == []


def test_a_scheduled_backup_whose_server_is_killed_is_made_by_the_next(shelf: Shelf) -> None:
    shelf.ok("pg:backups", "schedule", "--at", "02:00 UTC")
    shelf.ok("server:stop", "--confirm")
    with sqlite3.connect(shelf.lk.home / "state.db") as state:
        state.execute("UPDATE backup_schedules SET done_until = '2024-06-05T11:12:35+00:00'")
    with shelf.locked():
        shelf.lk.ok("server", "--detach", cwd=shelf.folder)
        wait_for(shelf.waiting)
        shelf.lk.kill()
        assert [one["succeeded"] for one in scheduled(shelf)] == [False]
    shelf.lk.ok("server", "--detach", cwd=shelf.folder)
    wait_for(lambda: [one["succeeded"] for one in scheduled(shelf)] == [True, False])
    shelf.ok("pg:backups:unschedule")


def scheduled(shelf: Shelf) -> list[dict[str, object]]:
    return [one for one in shelf.transfers() if str(one["name"]).startswith("a")]


def test_a_kill_of_the_database_during_a_restore_leaves_what_it_held(shelf: Shelf, ledger: RowLedger) -> None:
    """At some moment after pg_restore has connected."""
    with ledger.writing():
        ledger.wait()
        shelf.ok("pg:backups:capture")
        for after in (0.0, 0.4):
            command = shelf.lk.start("pg:backups:restore", "--confirm", NAME, cwd=shelf.folder)
            await_restore(shelf, command)
            time.sleep(after)
            kill_database(shelf)
            said, _ = command.communicate(timeout=180)
            wait_for(lambda: is_up(shelf))
            if command.returncode != 0:
                assert re.search(r"DATABASE holds (what it held before|either|all that was restored)", said), said
            if "what it held before:" not in said:
                ledger.forget()
            ledger.wait(5)
    assert ledger.balance() == []
    assert shelf.newest()["succeeded"] is not None
    shelf.ok("pg:backups:capture")
    assert not counts(shelf, NEW)


def await_restore(shelf: Shelf, command: subprocess.Popen[str]) -> None:
    wait_for(lambda: counts(shelf, RESTORING) or command.poll() is not None, every=0.02)


RESTORING = "SELECT count(*) FROM pg_stat_activity WHERE application_name ~ '^localku-' AND datname ~ '_new$'"
NEW = "SELECT count(*) FROM pg_database WHERE datname ~ '_new$'"


def counts(shelf: Shelf, sql: str) -> bool:
    """Whether there is any; none where the server does not answer just now."""
    try:
        return shelf.sql(sql) != "0"
    except Refused:
        return False


def is_up(shelf: Shelf) -> bool:
    try:
        return shelf.sql("SELECT 1") == "1"
    except Refused:
        return False


def test_only_destroying_the_add_on_removes_its_data(shelf: Shelf, ledger: RowLedger, tmp_path: Path) -> None:
    with ledger.writing():
        ledger.wait()
    volumes = engine_view.volumes(shelf.lk.home, f"app-name={NAME}", "role=postgres")
    shelf.ok("down")
    shelf.ok("server:stop", "--confirm")
    subprocess.run(["docker", "rm", "-f", "-v", shelf.container], check=True, capture_output=True)
    assert "Nothing was done" in shelf.fails("addons:destroy", shelf.container.removeprefix("localku-"))
    assert "did not match" in shelf.fails("addons:destroy", "DATABASE", "--confirm", "another")
    assert "Nothing was done" in shelf.fails("apps:destroy")
    assert engine_view.volumes(shelf.lk.home, f"app-name={NAME}", "role=postgres") == volumes
    shelf.ok("pg:psql", "-c", "SELECT 1")
    assert ledger.balance() == []
    shelf.ok("addons:destroy", "DATABASE", "--confirm", NAME)
    assert engine_view.volumes(shelf.lk.home, f"app-name={NAME}", "role=postgres") == []
    assert [path.suffix for path in shelf.files.glob("b*.dump")] != []
