"""Data into an app's database and out of it again, from other servers, other versions and other apps."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import other_postgres
from support.localku import Localku, wait_for
from support.shelf import FILL, ROWS, Shelf, make

NAME, OTHER = "here", "there"
FIFTEEN = Path(__file__).with_name("dumps") / "of_15.dump"
"""Made by pg_dump 15: an enum, a sequence, views, a function, a large object, an owner and a grant."""


@pytest.fixture(scope="module")
def shelf(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    made = make(lk, tmp_path_factory.mktemp("apps"), NAME)
    made.sql(f'SET ROLE "{made.role}"; {FILL}')
    return made


@pytest.fixture(scope="module")
def other(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return make(lk, tmp_path_factory.mktemp("apps"), OTHER)


@dataclass(frozen=True)
class Local:
    """A PostgreSQL on this machine that localku does not know, as somebody has one for development."""

    container: str
    port: int

    def url(self, database: str) -> str:
        return f"postgres://dev:secret@127.0.0.1:{self.port}/{database}"

    def sql(self, database: str, text: str) -> str:
        command = ["docker", "exec", "-u", "postgres", self.container, "psql", "-qAtX", "-d", database, "-c", text]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def local(shelf: Shelf) -> Iterator[Local]:
    environment = {"LOCALKU_ROLE": "dev", "LOCALKU_PASSWORD": "secret", "LOCALKU_DATABASE": "dev"}
    given = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
    command = ["docker", "run", "-d", "--rm", "-p", "127.0.0.1::5432", *given, shelf.image]
    container = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    port = subprocess.run(["docker", "port", container, "5432"], capture_output=True, text=True, check=True).stdout
    made = Local(container, int(port.split()[0].rpartition(":")[2]))
    try:
        wait_for(lambda: answers(made))
        made.sql("dev", "ALTER ROLE dev CREATEDB; GRANT CONNECT ON DATABASE postgres, template1 TO dev")
        yield made
    finally:
        other_postgres.remove(container)


def answers(local: Local) -> bool:
    """Over the network: not while the database is only being made."""
    asked = ["docker", "exec", local.container, "sh", "-c", "/usr/lib/postgresql/*/bin/pg_isready -q -h 127.0.0.1"]
    return subprocess.run(asked, check=False).returncode == 0


COUNT = "SELECT count(*), sum(length(told)), count(tags -> 'a') FROM entry"
WHOLE = f"{ROWS}|{ROWS * 32}|{ROWS}"


def test_a_database_goes_out_and_into_another_apps_and_back(shelf: Shelf, other: Shelf, local: Local) -> None:
    assert "Pulling complete." in shelf.run("pg:pull", "DATABASE_URL", local.url("pulled")).err
    assert local.sql("pulled", COUNT) == WHOLE
    assert "already exists" in shelf.fails("pg:pull", "DATABASE_URL", local.url("pulled"))
    local.sql("pulled", "SET ROLE dev; CREATE TABLE log AS SELECT generate_series(1, 9)")

    assert "Remote database is not empty" in shelf.fails("pg:push", local.url("pulled"), "DATABASE_URL")
    pushed = ("pg:push", local.url("pulled"), "DATABASE_URL", "--exclude-table-data", "log")
    assert other.run(*pushed).status == 0
    assert other.sql(f"SELECT tableowner FROM pg_tables WHERE tablename = 'log' AND tableowner = '{other.role}'")  # noqa: S608
    assert (other.sql(COUNT), other.sql("SELECT count(*) FROM log")) == (WHOLE, "0")
    assert "secret" not in other.ok("pg:backups", "--json")

    assert "Nothing was done" in shelf.fails("pg:copy", f"{OTHER}::DATABASE", "DATABASE_URL")
    shelf.ok("pg:copy", f"{OTHER}::DATABASE", "DATABASE_URL", "--confirm", "DATABASE")
    assert (shelf.sql(COUNT), shelf.sql("SELECT count(*) FROM log")) == (WHOLE, "0")
    assert (shelf.newest()["name"][0], shelf.newest()["succeeded"]) == ("c", True)
    assert "Cannot copy database onto itself" in shelf.fails(
        "pg:copy", "DATABASE", "DATABASE_URL", "--confirm", "DATABASE"
    )


def test_a_server_that_listens_at_a_socket_is_reached_through_this_machine(other: Shelf) -> None:
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as name,
        other_postgres.running(18, mount=opened(Path(name))) as server,
    ):
        server.sql("postgres", "CREATE DATABASE mine")
        server.sql("mine", "CREATE TABLE entry AS SELECT g FROM generate_series(1, 50000) g")
        known = {"PGHOST": name, "PGPORT": str(server.port), "PGUSER": "dev"}
        other.ok("pg:reset", "DATABASE", "--confirm", OTHER)
        other.lk.ok("pg:push", "mine", "DATABASE_URL", cwd=other.folder, **known)
        assert other.sql("SELECT count(*) FROM entry") == "50000"
        other.lk.ok("pg:pull", "DATABASE_URL", "back", cwd=other.folder, **known)
        assert server.sql("back", "SELECT count(*) FROM entry") == "50000"


def test_a_process_that_is_killed_in_its_container_is_no_crash_of_the_server(other: Shelf) -> None:
    """Without an init it would be the server's own child, once whoever began it has gone."""
    began = other.sql("SELECT pg_postmaster_start_time()")
    left = "sleep 300 & echo $!"
    command = ["docker", "exec", "-u", "postgres", other.container, "bash", "-c", left]
    pid = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run(["docker", "exec", "-u", "postgres", other.container, "kill", "-TERM", pid], check=True)
    time.sleep(0.5)
    assert other.sql("SELECT pg_postmaster_start_time()") == began
    shown = subprocess.run(["docker", "logs", other.container], capture_output=True, text=True, check=True)
    assert "terminating any other active server processes" not in shown.stdout + shown.stderr


def opened(folder: Path) -> Path:
    """For a server that is another user."""
    folder.chmod(0o777)
    return folder


def test_a_pull_that_fails_leaves_nothing_behind(shelf: Shelf, local: Local) -> None:
    """A table that cannot be made there has no rows there."""
    local.sql(
        "template1", "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$"
    )
    local.sql(
        "template1",
        "CREATE EVENT TRIGGER no ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION refuse()",
    )
    try:
        assert "is removed again" in shelf.fails("pg:pull", "DATABASE_URL", local.url("refused"))
    finally:
        local.sql("template1", "DROP EVENT TRIGGER no")
    assert local.sql("dev", "SELECT count(*) FROM pg_database WHERE datname = 'refused'") == "0"


def test_an_archive_of_another_version_is_restored(other: Shelf) -> None:
    other.ok("pg:backups:restore", str(FIFTEEN), "DATABASE_URL", "--confirm", OTHER)
    assert other.newest()["warnings"] == 0
    assert other.sql("SELECT count(*), max(id) FROM entry WHERE mood = 'glad'") == "500|1000"
    assert other.sql("SELECT count(*) FROM glad") == "500"
    assert other.sql("SELECT sum(count) FROM counted") == "1000"
    assert other.sql("SELECT twice(21), convert_from(lo_get(4711), 'UTF8')") == "42|a large object"
    assert other.sql("INSERT INTO entry (told) VALUES ('next') RETURNING id") == "1001"
