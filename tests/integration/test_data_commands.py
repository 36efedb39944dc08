"""The pg commands, on one database of an app that was never built."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import pytest
from support.localku import Localku, wait_for

from localku.clock import SystemClock
from localku.context import Context
from localku.engine.client import Engine
from localku.platform.databases import find_database, statistics
from localku.services.postgres.postgres_service import Postgres
from localku.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

APP = "ledger"
COUNTED = "SELECT pg_stat_force_next_flush()"
"""What this session has written comes into the server's statistics with the end of this statement."""
TABLE = "CREATE TABLE entry (id serial PRIMARY KEY, text text)"


@dataclass(frozen=True)
class Data:
    lk: Localku
    folder: Path

    def ok(self, *arguments: str, stdin: str | None = None) -> str:
        return self.lk.ok(*arguments, cwd=self.folder, stdin=stdin).out

    def fails(self, *arguments: str) -> str:
        done = self.lk.run(*arguments, cwd=self.folder)
        assert done.status == 1, done
        return done.err

    @property
    def url(self) -> str:
        return self.ok("config:get", "DATABASE_URL").strip()

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url, autocommit=True)


@pytest.fixture(scope="module")
def no_psql(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH without psql."""
    folder = tmp_path_factory.mktemp("bin")
    for name in ("git", "bash", "sh", "env"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return str(folder)


@pytest.fixture(scope="module")
def data(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Data:
    folder = tmp_path_factory.mktemp("apps") / APP
    folder.mkdir()
    lk.ok("create", APP, cwd=folder)
    lk.ok("addons:create", "heroku-postgresql:hobby-dev", cwd=folder)
    return Data(lk, folder)


def test_info_has_herokus_keys(data: Data) -> None:
    head, _, *rows = data.ok("pg:info").rstrip().splitlines()
    assert head == "=== DATABASE_URL"
    shown = {key: value.strip() for key, _, value in (row.partition(":") for row in rows)}
    assert list(shown) == [
        "Plan",
        "Status",
        "Connections",
        "PG Version",
        "Created",
        "Data Size",
        "Tables",
        "Rows",
        "Fork/Follow",
        "Rollback",
        "Continuous Protection",
        "Add-on",
    ]
    assert (shown["Plan"], shown["Connections"], shown["Rows"]) == ("Hobby-dev", "0/20", "0/10000 (In compliance)")
    assert re.fullmatch(r"\d+\.\d MB/1\.00 GB \(In compliance\)", shown["Data Size"])


def test_psql_reads_all_of_its_input_and_returns_its_status(data: Data) -> None:
    rows = "".join(f"{number}\ttext of row {number}\n" for number in range(1, 3001))
    data.ok("pg:psql", "-c", TABLE)
    data.ok(
        "pg:psql", stdin=f"COPY entry (id, text) FROM stdin;\n{rows}\\.\nUPDATE entry SET text = 'last' WHERE id = 1;"
    )
    with data.connect() as database:
        assert database.execute("SELECT count(*), max(text) FILTER (WHERE id = 1) FROM entry").fetchone() == (
            3000,
            "last",
        )
    assert "refused" not in data.ok("pg:psql", "DATABASE", "-c", "SELECT 1")
    assert data.lk.run("pg:psql", "-v", "-c", "SELECT", cwd=data.folder).status == 2
    assert data.lk.run("pg:psql", "-c", "SELECT nothing", cwd=data.folder).status == 1


PLAIN = {
    "bloat": "type schemaname object_name bloat waste",
    "blocking": "blocked_pid blocked_statement blocked_duration blocking_pid blocking_statement blocking_duration",
    "cache-hit": "name ratio",
    "extensions": "name default_version installed_version comment",
    "index-size": "name size",
    "index-usage": "relname percent_of_times_index_used rows_in_table",
    "long-running-queries": "pid duration query",
    "mandelbrot": "art",
    "records-rank": "name estimated_count",
    "seq-scans": "name count",
    "table-indexes-size": "table index_size",
    "table-size": "name size",
    "total-index-size": "size",
    "total-table-size": "name size",
    "unused-indexes": "table index index_size index_scans",
    "user-connections": "credential connections",
    "vacuum-stats": "schema table last_vacuum last_autovacuum rowcount dead_rowcount autovacuum_threshold "
    "expect_autovacuum",
}


def test_a_machine_without_psql_takes_the_servers(data: Data, no_psql: str, tmp_path: Path) -> None:
    """All others that call psql take this machine's, where there is one."""
    file = tmp_path / "many.sql"
    file.write_text("CREATE TABLE many (n int);\n" + "INSERT INTO many VALUES (1);\n" * 3000)
    told = data.lk.ok("pg:psql", "-f", str(file), cwd=data.folder, PATH=no_psql)
    assert told.out.count("INSERT 0 1") == 3000
    data.lk.ok("pg:psql", cwd=data.folder, stdin=file.read_text().partition("\n")[2], PATH=no_psql)
    counted = data.lk.ok("pg:psql", "-c", "SELECT count(*) FROM many", cwd=data.folder, PATH=no_psql)
    assert counted.out.splitlines()[2].strip() == "6000"
    failed = data.lk.run("pg:psql", "DATABASE", "-c", "SELECT nothing", cwd=data.folder, PATH=no_psql)
    assert (failed.status, failed.out) == (1, "")
    assert 'column "nothing" does not exist' in failed.err
    data.ok("pg:psql", "-c", "DROP TABLE many")


def test_what_the_server_tells_has_herokus_columns(data: Data) -> None:
    context = Context(Store(data.lk.home), Engine(), SystemClock(), Postgres)
    (app,) = context.store.apps.all()
    database = find_database.find(context, app)
    shown = {name: statistics.plain(context, database, name) for name in statistics.PLAIN}
    assert {name: columns(table) for name, table in shown.items()} == {
        name: columns.split() for name, columns in PLAIN.items()
    }
    assert columns(data.ok("pg:table-size")) == ["name", "size"]
    assert columns(data.ok("pg:locks")) == ["pid", "relname", "transactionid", "granted", "query_snippet", "age"]


def columns(table: str) -> list[str]:
    return [name.strip() for name in table.splitlines()[0].split("|")]


def test_sizes_and_rows_are_the_tables_own(data: Data) -> None:
    with data.connect() as database:
        database.execute("ANALYZE entry")
        wait_for(lambda: re.search(r"entry +\| +3000", data.ok("pg:records-rank")))
        size = database.execute("SELECT pg_size_pretty(pg_total_relation_size('entry'))").fetchone()
        assert size is not None
        assert re.search(rf"entry +\| {size[0]}", data.ok("pg:total-table-size"))
        assert re.search(r"entry_pkey +\| \d+ kB", data.ok("pg:index-size"))
        database.execute("DELETE FROM entry WHERE id <= 2900")
        database.execute("VACUUM ANALYZE entry")
    assert re.search(r"table +\| public +\| entry +\| +[1-9]\d\.\d", data.ok("pg:bloat"))


def test_statements_are_counted_once_the_extension_is_there(data: Data) -> None:
    assert "pg_stat_statements needs to be installed first" in data.fails("pg:outliers")
    with data.connect() as database:
        database.execute("CREATE EXTENSION pg_stat_statements SCHEMA heroku_ext")
        for number in range(30):
            database.execute("SELECT count(*) FROM entry WHERE id > %s", (number,))
    first = data.ok("pg:calls").splitlines()
    assert [name.strip() for name in first[0].split("|")] == [
        "exec_time",
        "prop_exec_time",
        "ncalls",
        "sync_io_time",
        "query",
    ]
    assert re.search(r"\| 30 +\|.*FROM entry", data.ok("pg:calls"))
    assert len(data.ok("pg:outliers", "-n", "2", "--truncate").splitlines()) == 6
    with data.connect() as database:
        function = "heroku_ext.pg_stat_statements_reset(oid, oid, bigint, boolean)"
        owned = database.execute("SELECT has_function_privilege(%s, 'EXECUTE')", (function,))
        assert owned.fetchone() == (True,)
    assert data.ok("pg:outliers", "--reset") == ""
    assert not re.search(r"FROM entry", data.ok("pg:calls"))


def test_a_database_that_computes(data: Data) -> None:
    art = data.ok("pg:mandelbrot").splitlines()
    assert art[0].strip() == "art"
    assert art[43] == "(41 rows)"
    assert art[2:43] == art[2:43][::-1], "it is the same above and below"
    assert sum(row.count("@") for row in art) > 500


def test_who_waits_for_whom_and_an_end_to_it(data: Data) -> None:
    with data.connect() as holder, data.connect() as waiter:
        holder.execute("BEGIN; LOCK TABLE entry")
        ended: list[str] = []

        def wait() -> None:
            try:
                waiter.execute("SELECT count(*) FROM entry")
            except psycopg.Error as error:
                ended.append(str(error))

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        assert "lock timeout" in data.fails("pg:table-size")
        diagnosed = wait_for(lambda: "RED: Blocking Queries" in (shown := data.ok("pg:diagnose")) and shown)
        lights = re.findall(r"(?m)^(RED|YELLOW|GREEN): (.*)$", diagnosed)
        assert ("RED", "Blocking Queries") in lights
        assert len(lights) == 8
        blocked, blocking = waiter.info.backend_pid, holder.info.backend_pid
        wait_for(lambda: re.search(rf"{blocked} .*LOCK TABLE entry", data.ok("pg:blocking")))
        assert f"{blocked} | active" in data.ok("pg:ps")
        assert str(blocking) in data.ok("pg:ps", "--verbose")
        data.ok("pg:kill", str(blocked))
        thread.join()
        assert "canceling statement due to user request" in ended[0]
        data.ok("pg:kill", str(blocking), "--force")
        with pytest.raises(psycopg.OperationalError, match="terminating connection due to administrator command"):
            holder.execute("SELECT 1")
        data.ok("pg:killall")
        with pytest.raises(psycopg.OperationalError, match="terminating connection due to administrator command"):
            waiter.execute("SELECT 1")


def test_the_credential_connects(data: Data) -> None:
    shown = data.ok("pg:credentials:url")
    info = re.search(r'"(dbname=.*)"', shown)
    assert info is not None
    with psycopg.connect(info[1]) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)
    assert shown.rstrip().endswith(f"Connection URL:\n   {data.url}")
    assert "do not support named credentials" in data.fails("pg:credentials:url", "--name", "other")


def test_rows_beyond_the_plan_have_seven_days_or_none(data: Data) -> None:
    with data.connect() as database:
        database.execute("SELECT setval('entry_id_seq', 3000)")
        database.execute("INSERT INTO entry (text) SELECT 'x' FROM generate_series(1, 10000)")
        database.execute(COUNTED)
        wait_for(lambda: "(Above limits, access disruption imminent)" in data.ok("pg:info"))
        database.execute("INSERT INTO entry (text) VALUES ('still')")
        assert "Write access revoked" in data.ok("pg:quota", "--enforce", "now")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for table entry"):
            database.execute("INSERT INTO entry (text) VALUES ('no more')")
        database.execute("DELETE FROM entry WHERE text = 'x'")
        database.execute(COUNTED)
        wait_for(lambda: "In compliance" in data.ok("pg:quota"))
        database.execute("INSERT INTO entry (text) VALUES ('again')")


BUSY = """
import psycopg
while True:
    try:
        psycopg.connect({url!r}).execute("SELECT pg_sleep(0.01)")
    except psycopg.Error:
        pass
"""


def test_reset_empties_it_under_clients_that_come_back(data: Data) -> None:
    assert "did not match" in data.fails("pg:reset", "DATABASE", "--confirm", "other")
    busy = BUSY.format(url=data.url)
    client = subprocess.Popen([sys.executable, "-c", busy])
    try:
        done = data.lk.ok("pg:reset", "DATABASE", "--confirm", APP, "-e", "hstore", cwd=data.folder)
    finally:
        client.kill()
        client.wait()
    assert re.fullmatch(r"Resetting postgresql-[a-z]+-\d{5}\.\.\. done\n", done.err)
    with data.connect() as database:
        assert database.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone() == (0,)
        names = database.execute("SELECT extname FROM pg_extension ORDER BY 1").fetchall()
        assert names == [("hstore",), ("plpgsql",)]
        assert database.execute("SELECT to_regnamespace('heroku_ext') IS NOT NULL").fetchone() == (True,)
        database.execute(TABLE)
    assert "available" in data.lk.ok("pg:wait", cwd=data.folder).err


def test_a_second_database_takes_the_place_of_the_first(data: Data) -> None:
    data.ok("pg:psql", "-c", "INSERT INTO entry (text) VALUES ('of the first')")
    before = data.url
    version = data.ok("pg:info").split("PG Version:")[1].split()[0].partition(".")[0]
    data.ok(
        "addons:create", "heroku-postgresql:mini", "--as", "SPARE", "--name", "spare-data", "--", "--version", version
    )
    assert "spare-data" in data.ok("addons")
    data.ok("addons:rename", "spare-data", "spare-books")
    promoted = data.lk.ok("pg:promote", "SPARE", cwd=data.folder).err.splitlines()
    assert promoted[-1] == f"Promoting spare-books to DATABASE_URL on {APP}... done"
    kept = re.search(r"existing DATABASE_URL\.\.\. (HEROKU_POSTGRESQL_[A-Z]+_URL)", promoted[0])
    assert kept is not None
    assert (data.ok("config:get", kept[1]).strip(), data.url == before) == (before, False)
    assert "of the first" in data.ok("pg:psql", kept[1], "-c", "SELECT text FROM entry")
    assert data.ok("pg:info").count("=== ") == 2
    assert f"ledger::{kept[1].removesuffix('_URL')}" in data.ok("addons:info", kept[1])
    data.ok("pg:promote", kept[1])
    data.ok("addons:detach", kept[1])
    data.ok("addons:destroy", "spare-books", "--confirm", APP)
    assert data.url == before
    assert data.ok("config", "--json").count("_URL") == 1


def test_an_unknown_database_is_told_which_there_are(data: Data) -> None:
    assert data.fails("pg:info", "RED") == " !     Unknown database: RED. Valid options are: DATABASE_URL\n"
