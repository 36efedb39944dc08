"""What a database's server says comes into the app's log, once, and stays there."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from support.localku import Localku, wait_for, write_app
from support.tiny import FILES

MINUTES_IN_TWO_SECONDS = {"LOCALKU_CLOCK_SCALE": "30"}


@dataclass
class Shelf:
    lk: Localku
    folder: Path

    def ok(self, *arguments: str) -> str:
        return self.lk.ok(*arguments, cwd=self.folder, **MINUTES_IN_TWO_SECONDS).out

    def logged(self, proc: str) -> list[str]:
        rows = self.ok("logs", "-n", "1500", "--ps", proc).splitlines()
        return [row.partition(" ")[2] for row in rows]

    def kill_control(self) -> None:
        os.kill(self.lk.pid_of("control"), signal.SIGKILL)

    def refused(self, config_var: str, what: str) -> None:
        """Ask a database for what it does not have, and wait until the log says so."""
        url = self.ok("config:get", config_var).strip()
        with psycopg.connect(url, autocommit=True) as database:
            database.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
            with suppress(psycopg.errors.UndefinedTable):
                database.execute(f"SELECT *\nFROM {what}".encode())
        wait_for(lambda: any(f"FROM {what}" in row for row in self.logged("postgres")))


@pytest.fixture(scope="module")
def shelf(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    made = Shelf(lk, write_app(tmp_path_factory.mktemp("apps") / "shelf", {**FILES, "Procfile": "web: ./serve\n"}))
    made.ok("create", "shelf")
    made.ok("addons:create", "heroku-postgresql:standard-0")
    made.ok("addons:create", "heroku-postgresql:essential-0", "--as", "SMALL")
    made.ok("up", "--detach")
    yield made
    made.ok("down")


def test_errors_statements_and_their_lines_in_herokus_form(shelf: Shelf) -> None:
    shelf.refused("DATABASE_URL", "first")
    found = shelf.logged("postgres")
    error = next(at for at, row in enumerate(found) if 'relation "first"' in row)
    head = re.match(r"app\[postgres\.\d+\]: \[DATABASE\] \[(\d+)-1\]  sql_error_code = 42P01 ERROR:  ", found[error])
    assert head is not None
    assert re.search(rf"\[DATABASE\] \[{head[1]}-2\]  sql_error_code = 42P01 STATEMENT:  SELECT \*$", found[error + 1])
    assert re.search(rf"\[DATABASE\] \[{head[1]}-3\] \tFROM first$", found[error + 2])
    assert any("[DATABASE]" in row and "LOG:  statement: CREATE TABLE IF NOT EXISTS kept" in row for row in found)
    assert not any("SSL" in row for row in found), "nobody has knocked and gone away"


def test_a_small_plan_has_its_errors_alone(shelf: Shelf) -> None:
    shelf.refused("SMALL_URL", "second")
    small = [row for row in shelf.logged("postgres") if "[SMALL]" in row]
    assert any('relation "second"' in row for row in small)
    assert not any("LOG:" in row for row in small)


def test_metrics_come_every_minute_of_the_standard_plan_alone(shelf: Shelf) -> None:
    wait_for(lambda: len(shelf.logged("heroku-postgres")) >= 2)
    for row in shelf.logged("heroku-postgres"):
        assert re.match(
            r"app\[heroku-postgres\]: source=DATABASE addon=postgresql-\S+ sample#current_transaction=\d+ ", row
        )
        samples = dict(re.findall(r"sample#(\S+)=(\d[\d.]*)", row))
        assert int(samples["db_size"]) > 7_000_000
        assert 0 < int(samples["memory-postgres"]) < int(samples["memory-total"]) == 4 * 1024**2
        assert float(samples["load-avg-1m"]) >= 0


def test_nothing_is_there_twice_after_control_was_killed_and_all_of_it_after_down(shelf: Shelf) -> None:
    shelf.refused("DATABASE_URL", "third")
    before = shelf.logged("postgres")
    shelf.kill_control()
    shelf.refused("DATABASE_URL", "fourth")
    assert shelf.logged("postgres")[: len(before)] == before
    assert sum("FROM third" in row for row in shelf.logged("postgres")) == 1
    shelf.ok("down")
    kept = shelf.logged("postgres")
    shelf.ok("up", "--detach")
    shelf.refused("DATABASE_URL", "fifth")
    assert shelf.logged("postgres")[: len(kept)] == kept
