"""The database server as a client meets it, and what a kill does to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from support.localku import wait_for

from localku.engine.client import Engine
from localku.engine.spec import ENGINES_NETWORK, ContainerSpec, Publish
from localku.records import Addon
from localku.services.postgres import plan_quota, postgres_image, superuser
from localku.services.postgres import postgres_server as postgres

PASSWORD = "p'a\"ss\\word"


@dataclass(frozen=True)
class Server:
    engine: Engine
    id: str

    @property
    def port(self) -> int:
        return self.engine.containers.inspect(self.id).published[5432][1]

    def connect(self, *, database: str = "d1", sslmode: str = "require") -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="u1",
            password=PASSWORD,
            dbname=database,
            sslmode=sslmode,
            autocommit=True,
        )

    def start(self) -> None:
        self.engine.containers.start(self.id)
        self.wait()

    def wait_alone(self) -> None:
        """Until the server has noticed that its clients are gone: it counts their connections until then."""
        others = "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE usename OPERATOR(pg_catalog.=) :'role'"
        wait_for(lambda: superuser.query(self.engine, self.id, "d1", "u1", others) == "0")

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            ready = self.engine.containers.exec(self.id, ["pg_isready", "-q", "-h", "127.0.0.1"])
            if ready.exit_status == 0:
                return
            assert self.engine.containers.inspect(self.id).running
            time.sleep(0.1)
        pytest.fail("the server did not become ready")


@contextmanager
def server(engine: Engine) -> Iterator[Server]:
    name = f"localku-test-{uuid4().hex[:8]}"
    container = engine.containers.create(specified(name))
    try:
        yield Server(engine, container)
    finally:
        engine.containers.remove(container)
        engine.volumes.remove(name)


def specified(name: str) -> ContainerSpec:
    place = postgres.Place(name, name, ENGINES_NETWORK, {}, {})
    addon = Addon(0, 0, name, "mini", (), "u1", PASSWORD, "d1", "", 0, datetime.now(UTC))
    tag = postgres_image.ensure(Engine(), lambda _step, _fraction: None)
    spec = postgres.spec(tag, place, addon, Publish(5432, "127.0.0.1"))
    return replace(spec, environment={**spec.environment, "LOCALKU_CONNECTION_LIMIT": "2"}, restart=False)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server(Engine()) as made:
        made.start()
        yield made


def test_tls_only(running: Server) -> None:
    with running.connect() as connection:
        assert connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() == (True,)
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry for host .* no encryption"):
        running.connect(sslmode="disable")


def test_the_role_owns_its_database_and_nothing_else(running: Server) -> None:
    with running.connect() as connection:
        row = connection.execute("SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'u1'")
        assert row.fetchone() == (False, False, False)
        connection.execute("CREATE TABLE public.things (id int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE DATABASE other")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("COPY (SELECT 1) TO PROGRAM 'id'")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        running.connect(database="postgres")


def test_connection_limit(running: Server) -> None:
    running.wait_alone()
    with running.connect(), running.connect(), pytest.raises(psycopg.OperationalError, match="too many connections"):
        running.connect()
    running.wait_alone()


def test_extensions_of_herokus_list(running: Server) -> None:
    with running.connect() as connection:
        connection.execute("CREATE EXTENSION hstore SCHEMA heroku_ext")
        for name in (
            "uuid-ossp",
            "citext",
            "pgcrypto",
            "pg_trgm",
            "pg_stat_statements",
            "vector",
            "bloom",
            "dict_xsyn",
        ):
            connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{name}"'.encode())
        place = connection.execute("SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'citext'")
        assert place.fetchone() == ("public",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE EXTENSION file_fdw")


def test_vector_finds_the_nearest(running: Server) -> None:
    with running.connect() as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        connection.execute("CREATE TABLE public.embedded (id int, at vector(3))")
        connection.execute(
            "INSERT INTO public.embedded SELECT g, ARRAY[g, g, 0]::vector FROM generate_series(1, 500) g"
        )
        connection.execute("CREATE INDEX nearest ON public.embedded USING hnsw (at vector_l2_ops)")
        connection.execute("SET enable_seqscan = off")
        query = "SELECT id FROM public.embedded ORDER BY at <-> '[41.9, 42.2, 1]' LIMIT 1"
        assert "nearest" in str(connection.execute(f"EXPLAIN {query}".encode()).fetchall())
        assert connection.execute(query.encode()).fetchone() == (42,)


def test_who_creates_an_extension_may_use_all_of_it(running: Server) -> None:
    with running.connect() as connection:
        for name in ("amcheck", "pgstattuple", "pg_prewarm", "dict_int", "postgres_fdw"):
            connection.execute(f"CREATE EXTENSION {name}".encode())
        connection.execute("CREATE TABLE public.indexed (id int PRIMARY KEY)")
        connection.execute("SELECT bt_index_check('indexed_pkey'), * FROM verify_heapam('indexed')")
        assert connection.execute("SELECT tuple_count FROM pgstattuple('public.indexed')").fetchone() == (0,)
        connection.execute("SELECT pg_prewarm('public.indexed')")
        connection.execute("ALTER TEXT SEARCH DICTIONARY intdict (MAXLEN = 4)")
        connection.execute("CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '203.0.113.1')")


ATTEMPTS = (
    "SELECT * FROM dblink('host=/run/postgresql user=postgres password=x dbname=postgres', 'SELECT 1') AS t (n int)",
    "SELECT dblink_connect_u('host=/run/postgresql user=postgres dbname=postgres')",
    "SELECT * FROM theirs",
)
INSIDE = """
CREATE SERVER inside FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '/run/postgresql', dbname 'postgres');
CREATE USER MAPPING FOR u1 SERVER inside OPTIONS (user 'postgres', password 'x');
CREATE FOREIGN TABLE theirs (rolname name) SERVER inside OPTIONS (schema_name 'pg_catalog', table_name 'pg_roles');
"""


def test_none_of_them_leads_to_the_superuser(running: Server) -> None:
    """The server's own processes are let in without a password through its socket, whoever's SQL they run."""
    with running.connect() as connection:
        connection.execute("CREATE EXTENSION dblink")
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgres_fdw")
        connection.execute(INSIDE)
        for attempt in ATTEMPTS:
            with pytest.raises(
                psycopg.Error, match=r"password or GSSAPI delegated credentials required|permission denied"
            ):
                connection.execute(attempt.encode())


def test_herokus_own_cli_is_told_which_there_are(running: Server) -> None:
    """The settings that its `pg:extensions` asks for."""
    with running.connect() as connection:
        for setting in ("extwlist.extensions", "rds.allowed_extensions"):
            row = connection.execute(f"SHOW {setting}".encode()).fetchone()
            assert row is not None
            assert {"hstore", "plpgsql", "postgres_fdw", "vector"} <= set(row[0].split(","))
            assert "file_fdw" not in row[0]


HOSTILE = """
CREATE TABLE public.seen (x text)

CREATE FUNCTION public.attack(how text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO public.seen VALUES (session_user || ' ran ' || how);
  IF current_setting('is_superuser') = 'on' THEN EXECUTE 'ALTER ROLE u1 SUPERUSER'; END IF; END $$

CREATE FUNCTION public.has_table_privilege(text, oid, text) RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.attack('has_table_privilege'); RETURN true; END $$

CREATE FUNCTION public.format(text, name, text) RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.attack('format'); RETURN 'ALTER ROLE u1 SUPERUSER'; END $$

CREATE FUNCTION public.current_database() RETURNS name LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.attack('current_database'); RETURN 'd1'; END $$

CREATE FUNCTION public.compared(name, text) RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.attack('an operator'); RETURN true; END $$

CREATE OPERATOR public.!~ (FUNCTION = public.compared, LEFTARG = name, RIGHTARG = text)

CREATE OPERATOR public.= (FUNCTION = public.compared, LEFTARG = name, RIGHTARG = text)

CREATE VIEW public.pg_stat_user_tables AS SELECT 1 AS n_live_tup FROM public.attack('a view')

CREATE VIEW public.pg_namespace AS SELECT 'public'::name AS nspname FROM public.attack('a view')
"""
"""What the owner of a database can define for a superuser to fall over."""

SETTINGS = (
    "search_path = public, pg_catalog",
    "local_preload_libraries = 'nosuch'",
    "default_transaction_read_only = on",
    "statement_timeout = 1",
    "role = 'u1'",
)
"""What the owner can set for everybody who connects."""


def test_what_an_app_defines_in_its_database_runs_with_nobody_elses_rights(running: Server) -> None:
    with running.connect() as connection:
        connection.execute("CREATE TABLE public.counted AS SELECT generate_series(1, 5) AS n")
        connection.execute("SELECT pg_stat_force_next_flush()")
        for statement in (*HOSTILE.split("\n\n"), *(f"ALTER DATABASE d1 SET {setting}" for setting in SETTINGS)):
            connection.execute(statement.encode())
    try:
        where = (running.engine, running.id, "d1", "u1")
        assert plan_quota.look(*where).rows >= 5
        plan_quota.revoke(*where)
        assert plan_quota.look(*where).revoked
        plan_quota.restore(*where)
        assert not plan_quota.look(*where).revoked
        plan_quota.revoke(*where, "INSERT, UPDATE")
        update = "SELECT has_table_privilege(:'role', 'public.counted', 'UPDATE')"
        assert superuser.query(*where, update) == "f"
        plan_quota.restore(*where, "INSERT, UPDATE")
        assert superuser.query(*where, update) == "t"
        running.wait_alone()
        assert superuser.drop_connections(*where) == 0
        assert superuser.query(*where, "SELECT x FROM public.seen") == ""
        assert superuser.query(*where, "SELECT rolsuper FROM pg_roles WHERE rolname = :'role'") == "f"
    finally:
        superuser.query(*where, "ALTER DATABASE d1 RESET ALL")


CONFINED = """
grep -E '^(Uid|Groups|CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs):' /proc/1/status
touch /usr/mark 2>/dev/null || echo read-only
cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null
"""


def test_the_servers_container_has_no_right_that_it_does_not_need(running: Server) -> None:
    told = running.engine.containers.exec(running.id, ["bash", "-c", CONFINED]).output.decode().split("\n")
    rows = dict(row.split(":\t") for row in told if ":" in row)
    assert "0" not in rows["Uid"].split()
    assert {rows[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert rows["NoNewPrivs"] == "1"
    assert "read-only" in told
    assert "100" in told


def test_data_survives_a_kill(running: Server) -> None:
    with running.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    running.engine.containers.kill(running.id)
    running.engine.containers.wait(running.id)
    running.start()
    with running.connect() as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_stop_is_quick_though_a_client_is_there(running: Server) -> None:
    with running.connect() as connection:
        connection.execute("SELECT 1")
        running.engine.containers.stop(running.id, 30)
    assert running.engine.containers.inspect(running.id).exit_status == 0, "it was not killed after 30 seconds"
    running.start()


FORMER = {"user": "0", "read_only": False, "capabilities": ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID")}


def test_data_of_a_server_that_started_as_root_is_there_for_one_that_does_not() -> None:
    with server(Engine()) as made:
        rows = made.engine.containers.inspect(made.id)
        former = replace(specified(rows.name), name=f"{rows.name}-former", **FORMER)
        former_server = Server(made.engine, made.engine.containers.create(former))
        try:
            former_server.start()
            with former_server.connect() as connection:
                connection.execute("CREATE TABLE public.kept AS SELECT 42 AS answer")
            made.engine.containers.stop(former_server.id, 30)
        finally:
            made.engine.containers.remove(former_server.id)
        made.start()
        with made.connect() as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


@pytest.mark.parametrize("after", [0.2, 0.8, 1.6])
def test_a_kill_while_it_is_made_leaves_nothing_half_made(after: float) -> None:
    with server(Engine()) as made:
        made.engine.containers.start(made.id)
        time.sleep(after)
        made.engine.containers.kill(made.id)
        made.engine.containers.wait(made.id)
        made.start()
        with made.connect() as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("d1",)
