"""pg:copy, pg:push and pg:pull of which somebody is killed half-way: nothing is lost, and nothing is left at work."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from support import other_postgres
from support.localku import Localku, wait_for
from support.row_ledger import RowLedger
from support.shelf import Refused, Shelf, make

if TYPE_CHECKING:
    from support.other_postgres import Other

ROWS = 20_000
"""Of 1.3 kB: more than fits into the pipe and the sockets, so that pg_dump is still at it while pg_restore is held."""
FILL = """
CREATE FUNCTION held() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN
  WHILE EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'hold') LOOP PERFORM pg_sleep(0.05); END LOOP;
  RETURN true;
END $$;
CREATE TABLE entry (id int CHECK (held()), told text);
INSERT INTO entry SELECT g, repeat(md5(g::text), 40) FROM generate_series(1, 20000) g;
"""
"""No row gets into the table on a server that has a role `hold`."""
COUNT = "SELECT count(*) FROM entry"
FILLING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
DUMPING = "SELECT count(*) FROM pg_stat_activity WHERE query ~ '^COPY ' AND wait_event = 'ClientWrite'"
VICTIMS = ("the command", "the server", "the database")


@dataclass(frozen=True)
class Field:
    """Apps `here` and `there` with a database each, and a server that localku does not know."""

    here: Shelf
    there: Shelf
    other: Other

    def kill(self, victim: str, command: subprocess.Popen[str], database: Shelf) -> None:
        if victim == "the command":
            command.kill()
        elif victim == "the server":
            database.lk.kill()
        else:
            asked = ["docker", "inspect", "-f", "{{.State.Pid}}", database.container]
            os.kill(int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout), signal.SIGKILL)

    def nothing_is_at_work(self) -> bool:
        moving = ["docker", "ps", "-aq", "--filter", "name=localku-move-"]
        left = subprocess.run(moving, capture_output=True, text=True, check=True).stdout
        at_work = "SELECT count(*) FROM pg_stat_activity WHERE application_name ~ '^(localku|pg_dump|pg_restore)'"
        try:
            busy = [one.sql(at_work) for one in (self.here, self.there)] + [self.other.sql("postgres", at_work)]
        except Refused:
            return False
        return not left and busy == ["0", "0", "0"]


@pytest.fixture(scope="module")
def field(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    apps = tmp_path_factory.mktemp("apps")
    here, there = (make(lk, apps, name) for name in ("killed-here", "killed-there"))
    here.sql(f'SET ROLE "{here.role}"; {FILL}')
    with other_postgres.running(18) as other:
        other.sql("postgres", "CREATE DATABASE mine")
        other.sql("mine", FILL)
        yield Field(here, there, other)


@pytest.fixture(autouse=True)
def server(field: Field) -> None:
    field.here.ok("server", "--detach")


@contextmanager
def held(server: Shelf | Other) -> Iterator[None]:
    ask = server.sql if isinstance(server, Shelf) else lambda text: server.sql("postgres", text)
    ask("CREATE ROLE hold")
    try:
        yield
        if isinstance(server, Shelf):
            wait_for(lambda: answers(server))
    finally:
        ask("DROP ROLE hold")


def answers(shelf: Shelf) -> bool:
    try:
        return shelf.sql("SELECT 1") == "1"
    except Refused:
        return False


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_copy_leaves_what_the_target_held_or_brings_all(victim: str, field: Field) -> None:
    there = field.there
    there.ok("pg:reset", "DATABASE", "--confirm", "killed-there")
    ledger = RowLedger(there.ok("config:get", "DATABASE_URL").strip())
    with ledger.writing():
        ledger.wait()
        with held(there):
            asked = ("pg:copy", "killed-here::DATABASE", "DATABASE_URL", "--confirm", "DATABASE")
            command = there.lk.start(*asked, cwd=there.folder)
            wait_for(lambda: there.sql(FILLING) == "1")
            field.kill(victim, command, there)
            if victim != "the server":
                command.wait(120)
                ledger.wait(5)
    said, _ = command.communicate(timeout=120)
    wait_for(field.nothing_is_at_work)
    assert there.newest()["succeeded"] is (victim == "the server"), said
    if victim == "the server":
        assert there.sql(COUNT) == str(ROWS)
    else:
        assert ledger.balance() == []
    if victim == "the database":  # it could not be asked to take away what it had of it
        there.ok("pg:backups:capture")
    assert there.sql("SELECT count(*) FROM pg_database WHERE datname ~ '_new$'") == "0"
    assert ("DATABASE holds what it held before" in said) is (victim == "the database"), said


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_push_leaves_an_empty_database_or_brings_all(victim: str, field: Field) -> None:
    there = field.there
    there.ok("pg:reset", "DATABASE", "--confirm", "killed-there")
    push = ("pg:push", field.other.url("mine"), "DATABASE_URL")
    with held(there):
        command = there.lk.start(*push, cwd=there.folder)
        wait_for(lambda: there.sql(FILLING) == "1")
        field.kill(victim, command, there)
        if victim != "the server":
            command.wait(120)
    said, _ = command.communicate(timeout=120)
    wait_for(field.nothing_is_at_work)
    assert there.newest()["succeeded"] is (victim == "the server"), said
    if victim != "the server":
        assert there.sql("SELECT count(*) FROM pg_stat_user_tables") == "0"
        there.ok(*push)
    assert there.sql(COUNT) == str(ROWS)


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_pull_takes_nothing_from_its_source(victim: str, field: Field) -> None:
    here, other = field.here, field.other
    here.sql("DROP TABLE IF EXISTS ledger")
    ledger = RowLedger(here.ok("config:get", "DATABASE_URL").strip())
    with ledger.writing():
        ledger.wait()
        with held(other):
            command = here.lk.start("pg:pull", "DATABASE_URL", other.url("pulled"), cwd=here.folder)
            wait_for(lambda: other.sql("postgres", FILLING) == "1" and here.sql(DUMPING) == "1")
            field.kill(victim, command, here)
            if victim == "the command":
                command.wait(120)
        said, _ = command.communicate(timeout=120)
        wait_for(lambda: answers(here))
        ledger.wait(5)
    wait_for(field.nothing_is_at_work)
    assert ledger.balance() == []
    assert (command.returncode == 0) is (victim == "the server"), said
    assert ("pulled, which was made for it, is removed again." in said) is (victim == "the database"), said
    if victim == "the server":
        assert other.sql("pulled", COUNT) == str(ROWS)
    if victim != "the database":
        other.sql("postgres", "DROP DATABASE IF EXISTS pulled")
    here.ok("pg:pull", "DATABASE_URL", other.url("pulled"))
    assert other.sql("pulled", COUNT) == str(ROWS)
    other.sql("postgres", "DROP DATABASE pulled")


def test_a_pull_whose_target_is_killed_says_so_and_ends(field: Field) -> None:
    here = field.here
    with other_postgres.running(18) as target:
        target.sql("postgres", "CREATE ROLE hold")
        command = here.lk.start("pg:pull", "DATABASE_URL", target.url("pulled"), cwd=here.folder)
        wait_for(lambda: target.sql("postgres", FILLING) == "1" and here.sql(DUMPING) == "1")
        subprocess.run(["docker", "kill", target.container], check=True, capture_output=True)
        said, _ = command.communicate(timeout=120)
    assert command.returncode == 1
    assert "pg_restore failed: " in said
    assert "pulled holds a part of it: empty it before you try again." in said
    wait_for(field.nothing_is_at_work)
    assert here.sql(COUNT) == str(ROWS)
