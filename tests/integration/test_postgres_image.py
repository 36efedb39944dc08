"""The database server as a client meets it, and what a kill does to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import pytest

from localku.engine.client import Engine
from localku.engine.spec import ContainerSpec, Mount, Publish
from localku.postgres import image

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
    spec = ContainerSpec(
        image=image.ensure(engine, lambda _step, _fraction: None),
        name=name,
        environment={
            "LOCALKU_ROLE": "u1",
            "LOCALKU_PASSWORD": PASSWORD,
            "LOCALKU_DATABASE": "d1",
            "LOCALKU_CONNECTION_LIMIT": "2",
        },
        mounts=(Mount(name, "/var/lib/localku-postgres"),),
        publish=(Publish(5432, "127.0.0.1"),),
    )
    container = engine.containers.create(spec)
    try:
        yield Server(engine, container)
    finally:
        engine.containers.remove(container)
        engine.volumes.remove(name)


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
    with running.connect(), running.connect(), pytest.raises(psycopg.OperationalError, match="too many connections"):
        running.connect()


def test_extensions_of_herokus_list(running: Server) -> None:
    with running.connect() as connection:
        connection.execute("CREATE EXTENSION hstore SCHEMA heroku_ext")
        for name in ("uuid-ossp", "citext", "pgcrypto", "pg_trgm", "pg_stat_statements", "dblink", "vector"):
            connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{name}"'.encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE EXTENSION file_fdw")


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
        started = time.monotonic()
        running.engine.containers.stop(running.id, 30)
        assert time.monotonic() - started < 15
    assert running.engine.containers.inspect(running.id).exit_status == 0
    running.start()


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
