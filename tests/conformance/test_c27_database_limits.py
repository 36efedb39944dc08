"""C27: a database refuses what Heroku's refuses: no TLS, too many connections, extensions, rows beyond the plan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psycopg
import pytest
from support.localku import wait_for

if TYPE_CHECKING:
    from world import Running, World


@pytest.fixture(scope="module")
def app(world: World) -> Iterator[Running]:
    world.ok("addons:create", "heroku-postgresql:mini")
    try:
        with world.running(WEB="gunicorn echo:app") as running:
            yield running
    finally:
        world.ok("addons:destroy", "--confirm", world.name)


@pytest.fixture
def url(app: Running) -> str:
    return app.ok("config:get", "DATABASE_URL").strip()


def test_a_client_without_tls_reads_the_line_of_pg_hba(url: str) -> None:
    with pytest.raises(
        psycopg.OperationalError, match=r'no pg_hba.conf entry for host ".+", user ".+", no encryption'
    ) as told:
        psycopg.connect(f"{url}?sslmode=disable")
    assert "FATAL" in str(told.value)


def test_the_21st_connection_is_one_too_many(url: str) -> None:
    with ExitStack() as held:
        for _ in range(20):
            held.enter_context(psycopg.connect(url))
        with pytest.raises(psycopg.OperationalError, match=r'too many connections for role "u\w+"'):
            psycopg.connect(url)


def test_an_extension_that_is_not_on_the_list_is_refused_and_one_on_it_is_made(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as database:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied to create extension"):
            database.execute("CREATE EXTENSION file_fdw")
        database.execute("CREATE EXTENSION IF NOT EXISTS hstore")


def test_rows_beyond_the_plan_take_insert_away_until_there_are_fewer(app: Running, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("CREATE TABLE many (n int)")
        database.execute("INSERT INTO many SELECT generate_series(1, 10001)")

        app.wait_logged("10,001 of the 10,000 rows of the plan mini: INSERT is revoked in seven days")
        app.ok("pg:quota", "--enforce", "now")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for table many"):
            database.execute("INSERT INTO many VALUES (0)")
        database.execute("UPDATE many SET n = 0 WHERE n = 1")
        database.execute("DELETE FROM many WHERE n > 5000")

        def inserts() -> bool:
            try:
                database.execute("INSERT INTO many VALUES (0)")
            except psycopg.errors.InsufficientPrivilege:
                return False
            return True

        wait_for(inserts)
        app.wait_logged("INSERT is allowed")
