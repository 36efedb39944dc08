"""Tools and servers of other major versions, as developers have them: 15, 17 and the database's own, 18."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psycopg
import pytest
from support import other_postgres
from support.shelf import Shelf, make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.localku import Localku
    from support.other_postgres import Other

NAME = "versions"
OWN = 18
FORMER = (15, 17)
VERSIONS = (*FORMER, OWN)

ROWS = 2000
FILL = """
CREATE EXTENSION hstore;
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TABLE author (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE);
CREATE TABLE entry (id serial PRIMARY KEY, author int NOT NULL REFERENCES author, told text, felt mood, tags hstore);
CREATE INDEX ON entry USING gin (tags);
INSERT INTO author (name) VALUES ('Ada'), ('Grace');
INSERT INTO entry (author, told, felt, tags)
SELECT g % 2 + 1, E'line one\\n\\tand two\\\\ of ' || g, 'glad', hstore('n', g::text) FROM generate_series(1, 2000) g;
CREATE VIEW seen AS SELECT name, count(*) FROM entry JOIN author ON author.id = author GROUP BY name;
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * n';
SELECT lo_from_bytea(4711, 'a large object');
"""
LOOK = """
SELECT count(*), sum(length(told)), sum((tags -> 'n')::int), (SELECT count(*) FROM seen), twice(21),
  convert_from(lo_get(4711), 'UTF8') FROM entry
"""
EXPECTED = f"{ROWS}|{sum(len(f'line one..and two. of {n}') for n in range(1, ROWS + 1))}|2001000|2|42|a large object"


@pytest.fixture(scope="module")
def shelf(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return make(lk, tmp_path_factory.mktemp("apps"), NAME, "hobby-dev")


@pytest.fixture(scope="module")
def others(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Other]]:
    folder = tmp_path_factory.mktemp("postgres")
    folder.parent.chmod(0o755)
    folder.chmod(0o755)
    roots = {**other_postgres.fetched(folder), OWN: None}
    with ExitStack() as held:
        made = {version: held.enter_context(other_postgres.running(version, root)) for version, root in roots.items()}
        for one in made.values():
            one.sql("postgres", "CREATE DATABASE mine")
            one.sql("mine", FILL)
            assert one.sql("mine", LOOK) == EXPECTED
        yield made


@pytest.fixture
def url(shelf: Shelf) -> str:
    return shelf.ok("config:get", "DATABASE_URL").strip()


@pytest.fixture
def other(version: int, others: dict[int, Other]) -> Other:
    return others[version]


@pytest.mark.parametrize("version", VERSIONS)
def test_psql(other: Other, url: str) -> None:
    def psql(*commands: str, where: str = url) -> tuple[int, str, str]:
        options = [word for command in commands for word in ("-c", command)]
        done = other.tool("psql", "-qAtX", "-v", "VERBOSITY=verbose", where, *options)
        return done.status, done.out.strip(), done.err

    ssl = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    assert psql(ssl) == psql(ssl, where=f"{url}?sslmode=require") == (0, "t|TLSv1.3", "")
    status, _, told = psql("SELECT 1", where=f"{url}?sslmode=disable")
    assert status == 2
    assert re.search(r'FATAL:  no pg_hba\.conf entry for host ".+", user "u\w+", database "d\w+", no encryption', told)
    counted = "SELECT count(*) FROM pg_class WHERE relname = 'gone'"
    assert psql("BEGIN", "CREATE TABLE gone ()", counted, "ROLLBACK", counted)[1].split() == ["1", "0"]
    status, _, told = psql("SELECT nothing")
    assert status == 1
    assert "42703: column" in told
    with ExitStack() as held:
        for _ in range(20):
            held.enter_context(psycopg.connect(url))
        status, _, told = psql("SELECT 1")
    assert status == 2
    assert re.search(r'FATAL:  (53300: )?too many connections for role "u\w+"', told)


@pytest.mark.parametrize("version", FORMER)
def test_a_dump_of_it_goes_in_as_text_and_as_an_archive(other: Other, shelf: Shelf, tmp_path: Path) -> None:
    text = other.dump("mine", tmp_path / "dump.sql", "--no-owner", "--no-acl")
    archive = other.dump("mine", tmp_path / "mine.dump", "-Fc", "--no-owner", "--no-acl")
    shelf.ok("pg:reset", "DATABASE", "--confirm", NAME)
    told = shelf.run_from(text, "pg:psql")
    assert told.status == 0, told.err
    assert shelf.sql(LOOK) == EXPECTED
    shelf.sql("DELETE FROM entry")
    assert shelf.run("pg:backups:restore", str(archive), "--confirm", NAME).status == 0
    assert (shelf.sql(LOOK), shelf.newest()["warnings"]) == (EXPECTED, 0)


@pytest.mark.parametrize("version", FORMER)
def test_its_server_is_pushed_from_and_pulled_to(other: Other, shelf: Shelf, tmp_path: Path) -> None:
    """With the tools of the app's server, whichever this machine has."""
    shelf.ok("pg:reset", "DATABASE", "--confirm", NAME)
    pushed = shelf.run("pg:push", other.url("mine"), "DATABASE_URL")
    if pushed.status != 0 and is_newer(other):
        assert "holds what it held before" in pushed.err
        assert "Its own reads it: `pg_dump -Fc NAME > NAME.dump`" in pushed.err
        archive = other.dump("mine", tmp_path / "mine.dump", "-Fc", "--no-owner", "--no-acl")
        pushed = shelf.run("pg:backups:restore", str(archive), "--confirm", NAME)
    assert pushed.status == 0, pushed.err
    assert shelf.sql(LOOK) == EXPECTED
    shelf.sql("UPDATE author SET name = 'Barbara' WHERE id = 2")
    pulled = shelf.run("pg:pull", "DATABASE_URL", other.url("pulled"))
    assert pulled.status == 0, pulled.err
    assert other.sql("pulled", LOOK) == EXPECTED
    assert other.sql("pulled", "SELECT name FROM author WHERE id = 2") == "Barbara"


def is_newer(other: Other) -> bool:
    """Whether its columns have what a pg_dump of before November 2026 does not leave out."""
    return other.sql("mine", "SELECT count(*) > 0 FROM pg_attribute WHERE attoptions::text ~ 'pg_attver'") == "t"


@pytest.mark.parametrize("version", VERSIONS)
def test_pg_dump_and_pg_restore(other: Other, others: dict[int, Other], shelf: Shelf, url: str, tmp_path: Path) -> None:
    """pg_dump does not read a server that is newer than itself, as on Heroku; version 17 reads what 18 has written."""
    if shelf.sql("SELECT to_regclass('entry') IS NULL") == "t":
        assert shelf.run("pg:push", others[OWN].url("mine"), "DATABASE_URL").status == 0
    dumped = other.tool("pg_dump", "-Fc", "--no-owner", "--no-acl", "-f", "/tmp/own.dump", url)
    if other.version == OWN:
        assert dumped.status == 0, dumped.err
        assert other.tool("pg_restore", "--list", "/tmp/own.dump").out.count("TABLE DATA public") == 2
    else:
        assert dumped.status == 1
        assert "aborting because of server version mismatch" in dumped.err
    shelf.ok("pg:backups:capture")
    kept = tmp_path / "latest.dump"
    shelf.ok("pg:backups:download", "-o", str(kept))
    other.sql("postgres", "CREATE DATABASE restored")
    options = ("--clean", "--if-exists", "--no-acl", "--no-owner", "-d", other.url("restored"))
    restored = other.tool("pg_restore", *options, stdin=kept.read_bytes())
    if other.version == min(FORMER):
        assert "unsupported version (1.16) in file header" in restored.err
    else:
        errors = [row for row in restored.err.splitlines() if "error:" in row]
        known = r"unrecognized configuration parameter|errors ignored" if other.version < OWN else "$."
        assert [row for row in errors if not re.search(known, row)] == []
        assert other.sql("restored", LOOK) == EXPECTED
