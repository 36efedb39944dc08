"""The engine's disk, where the database is, is full while it is restored to, captured and written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.localku import Localku, wait_for
from support.row_ledger import RowLedger
from support.shelf import FILL, Shelf, make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.second_engine import SecondEngine

NAME = "cramped-data"
MEGABYTE = 2**20
ROWS = 320_000
"""About 40 MB."""
MORE = "INSERT INTO entry (told, tags) SELECT md5(g::text), 'a=>1' FROM generate_series(1, 300000) g;"


@pytest.fixture(scope="module")
def shelf(lk2: Localku, engine2: SecondEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", engine2.address)
        made = make(lk2, tmp_path_factory.mktemp("apps"), NAME)
        made.sql(f'SET ROLE "{made.role}"; {FILL} {MORE}')
        made.ok("pg:backups:capture")
        yield made


@pytest.mark.parametrize("room", [0, 20])
def test_no_row_is_lost_and_no_broken_backup_is_listed(room: int, shelf: Shelf, engine2: SecondEngine) -> None:
    """With some megabytes of room it runs out of them in the middle.

    The server ends on a full disk. The engine starts it again until it cannot keep its own record of that, and then no
    more: it is the next command that brings the database back.
    """
    ledger = RowLedger(shelf.ok("config:get", "DATABASE_URL").strip())
    shelf.sql("DROP TABLE IF EXISTS ledger")
    with ledger.writing():
        ledger.wait()
        engine2.fill()
        leave(engine2, room)
        try:
            told = shelf.fails("pg:backups:restore", "b001", "--confirm", NAME)
            captured = shelf.run("pg:backups:capture")
        finally:
            engine2.free()
        wait_for(lambda: shelf.run("pg:psql", "-c", "SELECT 1").status == 0, 180)
        ledger.wait(5)
    assert "DATABASE holds what it held before" in told
    assert shelf.sql("SELECT count(*) FROM entry") == str(ROWS)
    assert ledger.balance() == []
    newest = shelf.newest()
    assert newest["succeeded"] is (captured.status == 0), captured.err
    assert (shelf.files / f"{newest['name']}.dump").exists() is (captured.status == 0)
    assert shelf.run("pg:backups:restore", "b001", "--confirm", NAME).status == 0
    assert shelf.sql("SELECT count(*) FROM entry WHERE tags -> 'a' = '1'") == str(ROWS)


def leave(engine: SecondEngine, megabytes: int) -> None:
    ballast = engine.data / "ballast"
    with ballast.open("r+b") as opened:
        opened.truncate(ballast.stat().st_size - megabytes * MEGABYTE)
