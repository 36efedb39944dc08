"""A database to Heroku and back, as the article has it: psql, a plain dump, a reset, a backup, curl, pg_restore."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support import other_postgres
from support.shelf import Shelf, make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.localku import Localku
    from support.other_postgres import Other

NAME = "article"

FILL = """
CREATE EXTENSION hstore;
CREATE TABLE entry (id serial PRIMARY KEY, told text NOT NULL, tags hstore);
INSERT INTO entry (told, tags) SELECT 'row ' || g, hstore('n', g::text) FROM generate_series(1, 5000) g;
"""
LOOK = "SELECT count(*), sum(length(told)), sum((tags -> 'n')::int) FROM entry"
EXPECTED = f"5000|{sum(len(f'row {n}') for n in range(1, 5001))}|12502500"
EXTENSIONS = "SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension"


@pytest.fixture(scope="module")
def shelf(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return make(lk, tmp_path_factory.mktemp("apps"), NAME, "hobby-dev")


@pytest.fixture(scope="module")
def mine(shelf: Shelf) -> Iterator[Other]:
    with other_postgres.running(18) as made:
        made.sql("postgres", "CREATE DATABASE mine")
        made.sql("postgres", "CREATE DATABASE again")
        made.sql("mine", FILL)
        yield made


CURL = """curl -sSf -o "$0" "$(localku pg:backups public-url)\""""


def shell(shelf: Shelf, folder: Path) -> dict[str, str]:
    """What a user's shell has, with the command under test as `localku`."""
    command = folder / "localku"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m localku "$@"\n')
    command.chmod(0o755)
    return {**shelf.lk.environ(), "PATH": f"{folder}:{os.environ['PATH']}"}


def test_a_database_goes_to_the_app_and_comes_back(shelf: Shelf, mine: Other, tmp_path: Path) -> None:
    dump = mine.dump("mine", tmp_path / "dump.sql", "--no-owner", "--no-acl")
    extension = ("pg:psql", "-c", "CREATE EXTENSION hstore")

    assert shelf.ok(*extension) == "CREATE EXTENSION\n"
    told = shelf.run_from(dump, "pg:psql")
    assert told.status == 0, told.err
    assert "ERROR" not in told.err
    assert (shelf.sql(EXTENSIONS), shelf.sql(LOOK)) == ("hstore plpgsql", EXPECTED)

    shelf.ok("pg:reset", "DATABASE", "--confirm", NAME)
    assert (shelf.sql(EXTENSIONS), shelf.sql("SELECT to_regclass('entry') IS NULL")) == ("plpgsql", "t")
    shelf.ok(*extension)
    assert shelf.run_from(dump, "pg:psql").status == 0
    assert shelf.sql(LOOK) == EXPECTED

    shelf.ok("pg:backups", "capture")
    latest = tmp_path / "latest.dump"
    subprocess.run(["bash", "-c", CURL, str(latest)], cwd=shelf.folder, env=shell(shelf, tmp_path), check=True)
    assert latest.read_bytes() == (shelf.files / "b001.dump").read_bytes()

    where = ("-h", "localhost", "-p", str(mine.port), "-U", "dev", "-d", "again")
    restore = ("pg_restore", "--verbose", "--clean", "--no-acl", "--no-owner", *where)
    first = mine.tool(*restore, stdin=latest.read_bytes())
    assert mine.sql("again", LOOK) == EXPECTED, first.err
    mine.sql("again", "DELETE FROM entry")
    second = mine.tool(*restore, stdin=latest.read_bytes())
    assert (second.status, mine.sql("again", LOOK)) == (0, EXPECTED), second.err


ROWS = 200_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text dump that ends with the last byte of a statement, without a newline."""
    file = tmp_path_factory.mktemp("dump") / "dump.sql"
    with file.open("w") as opened:
        opened.write("DROP TABLE IF EXISTS many, last;\nCREATE TABLE many (n int, told text);\nCOPY many FROM stdin;\n")
        opened.writelines(f"{n}\t{n * 7919 % 1000003:032x}\n" for n in range(ROWS))
        opened.write("\\.\nCREATE TABLE last AS SELECT 'the last byte' AS told")
    return file


@pytest.fixture(params=["this machine's", "the server's"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A PATH with psql and one without."""
    if request.param == "this machine's":
        return os.environ["PATH"]
    for name in ("git", "bash", "sh", "env"):
        (tmp_path / name).symlink_to(shutil.which(name) or "/nowhere")
    return str(tmp_path)


def test_a_large_dump_comes_in_to_the_last_byte(shelf: Shelf, large: Path, path: str) -> None:
    told = shelf.run_from(large, "pg:psql", PATH=path)
    assert told.status == 0, told.err
    assert f"COPY {ROWS}" in told.out
    assert shelf.sql("SELECT count(*), count(DISTINCT n), sum(n), sum(length(told)) FROM many") == (
        f"{ROWS}|{ROWS}|{ROWS * (ROWS - 1) // 2}|{ROWS * 32}"
    )
    assert shelf.sql("SELECT told FROM last") == "the last byte"


FAULTY = "CREATE TABLE IF NOT EXISTS before ();\nINSERT INTO nowhere VALUES (1);\nCREATE TABLE after ();\n"


def test_the_exit_status_is_psqls(shelf: Shelf, path: str, tmp_path: Path) -> None:
    """Without ON_ERROR_STOP psql goes on and is content; with it, it stops there with status 3."""
    found = "SELECT to_regclass('before') IS NOT NULL, to_regclass('after') IS NOT NULL"
    for stop, status, there in (("", 0, "t|t"), ("\\set ON_ERROR_STOP on\n", 3, "t|f")):
        shelf.sql("DROP TABLE IF EXISTS before, after")
        file = tmp_path / "faulty.sql"
        file.write_text(stop + FAULTY)
        for arguments in (("pg:psql",), ("pg:psql", "-f", str(file))):
            told = shelf.run_from(file, *arguments, PATH=path)
            assert told.status == status, told.err
            assert re.search(r'ERROR:  relation "nowhere" does not exist', told.err)
            assert shelf.sql(found) == there
            shelf.sql("DROP TABLE IF EXISTS before, after")
