"""Backups of a real database: whole or not there, whatever happens while they are made."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.localku import Localku, wait_for
from support.shelf import FILL, ROWS, Shelf, make

NAME = "kept-apart"


@pytest.fixture(scope="module")
def shelf(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    made = make(lk, tmp_path_factory.mktemp("apps"), NAME)
    made.sql(f'SET ROLE "{made.role}"; {FILL}')
    made.ok("pg:backups", "capture")
    return made


def test_a_backup_is_listed_whole_and_read_by_pg_restore(shelf: Shelf, tmp_path: Path) -> None:
    first = next(one for one in shelf.transfers() if one["name"] == "b001")
    assert (first["succeeded"], first["from_name"], first["warnings"]) == (True, "DATABASE", 0)
    text = shelf.ok("pg:backups")
    assert "b001" in text
    assert "Completed" in text
    target = tmp_path / "one.dump"
    assert shelf.ok("pg:backups:download", "b001", "-o", str(target)).strip() == str(target)
    assert target.stat().st_size == first["processed_bytes"]
    assert (shelf.files / "b001.dump").stat().st_mode & 0o777 == 0o600
    listed = subprocess.run(
        ["docker", "run", "--rm", "-i", "--network=none", "--entrypoint=sh", shelf.image, "-c", READ],
        input=target.read_bytes(),
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert "EXTENSION - hstore" in listed
    assert "TABLE DATA public entry" in listed
    assert int(listed.splitlines()[-1]) == ROWS


READ = (
    "cat > /tmp/d; cd /usr/lib/postgresql/*/bin; ./pg_restore --list /tmp/d;"
    ' ./pg_restore -f - --data-only --table=entry /tmp/d | grep -c \'"a"=>"1"\''
)


def test_a_killed_capture_is_told_as_failed_and_holds_nothing_up(shelf: Shelf) -> None:
    with shelf.locked():
        process = shelf.lk.start("pg:backups:capture", cwd=shelf.folder)
        wait_for(shelf.waiting)
        assert shelf.newest()["succeeded"] is None
        process.kill()
        process.communicate(timeout=120)
        assert shelf.newest()["succeeded"] is False
        wait_for(lambda: not shelf.waiting())
    name = shelf.newest()["name"]
    assert "was killed" in shelf.ok("pg:backups:info", name)
    assert sorted(path.suffix for path in shelf.files.iterdir() if path.stem == name) == []
    assert "did not complete" in shelf.fails("pg:backups:download", name)


def test_a_capture_is_cancelled_from_another_terminal(shelf: Shelf) -> None:
    with shelf.locked():
        process = shelf.lk.start("pg:backups:capture", cwd=shelf.folder)
        wait_for(shelf.waiting)
        shelf.ok("pg:backups", "cancel")
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "was canceled" in said
    assert shelf.newest()["canceled_at"] is not None
    assert "No active backups/transfers" in shelf.fails("pg:backups:cancel")


def test_a_full_disk_keeps_no_part_of_a_backup(shelf: Shelf) -> None:
    whole = hashlib.sha256((shelf.files / "b001.dump").read_bytes()).hexdigest()
    aside = shelf.files.with_name("aside")
    shelf.files.rename(aside)
    shelf.files.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(shelf.files)], check=True)
    try:
        assert "is full: the backup is not kept" in shelf.fails("pg:backups:capture")
        assert [path.name for path in shelf.files.iterdir() if path.suffix != ".lock"] == []
    finally:
        subprocess.run(["umount", str(shelf.files)], check=True)
        shelf.files.rmdir()
        aside.rename(shelf.files)
    assert shelf.newest()["succeeded"] is False
    assert hashlib.sha256((shelf.files / "b001.dump").read_bytes()).hexdigest() == whole


def test_a_missed_backup_is_made_once_when_the_server_starts(shelf: Shelf) -> None:
    shelf.ok("pg:backups", "schedule", "--at", "02:00 Europe/Berlin")
    assert "DATABASE_URL: daily at 2:00 Europe/Berlin" in shelf.ok("pg:backups:schedules")
    shelf.ok("server:stop", "--confirm")
    with sqlite3.connect(shelf.lk.home / "state.db") as state:
        state.execute("UPDATE backup_schedules SET done_until = '2024-06-05T11:12:35+00:00'")
    shelf.ok("server:restart")
    made = wait_for(lambda: [one for one in shelf.transfers() if one["name"][0] == "a" and one["succeeded"]])
    assert [one["schedule"] for one in made] == [{}]
    wait_for(lambda: not shelf.lk.ok("server:status", "--json", cwd=shelf.folder).json["is_busy"])
    shelf.ok("pg:backups:unschedule")
    assert len([one for one in shelf.transfers() if one["name"][0] == "a"]) == 1


CHANGE = "DELETE FROM entry WHERE id <= 5; CREATE TABLE later AS SELECT 1 AS one"


@pytest.fixture
def changed(shelf: Shelf) -> Iterator[None]:
    """Have something in the database that no backup has."""
    shelf.sql(f'SET ROLE "{shelf.role}"; {CHANGE}')
    assert not is_as_it_was(shelf)
    yield
    if not is_as_it_was(shelf):
        shelf.ok("pg:backups:restore", "b001", "--confirm", NAME)


def is_as_it_was(shelf: Shelf) -> bool:
    """Whether all is there that was captured, and nothing else."""
    found = shelf.sql("SELECT count(*), to_regclass('later') IS NULL FROM entry")
    return found == f"{ROWS}|t"


def is_as_changed(shelf: Shelf) -> bool:
    """Whether all is there that was there before the restore, and nothing beside the database."""
    alone = shelf.sql("SELECT count(*) FROM pg_database WHERE datname LIKE 'd%'") == "1"
    return alone and shelf.sql("SELECT count(*) FROM entry, later") == str(ROWS - 5)


def test_a_link_is_fetched_by_curl_and_restored(shelf: Shelf, changed: None, tmp_path: Path) -> None:
    shelf.sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 999', current_database()); END $$")
    url = shelf.ok("pg:backups", "public-url", "b001")
    assert url.startswith("http://127.0.0.1:")
    assert url.count("\n") == 1
    fetched = subprocess.run(["curl", "-sSf", url.strip()], capture_output=True, check=True).stdout
    assert fetched == (shelf.files / "b001.dump").read_bytes()
    told = shelf.run("pg:backups", "restore", url.strip(), "DATABASE_URL", "--confirm", NAME)
    assert told.status == 0, told.err
    assert "signature" not in told.err + shelf.ok("pg:backups")
    assert is_as_it_was(shelf)
    assert shelf.sql("SHOW work_mem") == "999kB"
    assert shelf.sql("SELECT tableowner ~ '^u' FROM pg_tables WHERE tablename = 'entry'") == "t"
    assert shelf.sql("SELECT tags -> 'a' FROM entry LIMIT 1") == "1"
    newest = shelf.newest()
    assert (newest["name"][0], newest["succeeded"], newest["warnings"], newest["to_name"]) == ("r", True, 0, "DATABASE")


def test_what_is_not_whole_leaves_the_database_as_it_was(shelf: Shelf, changed: None, tmp_path: Path) -> None:
    whole = (shelf.files / "b001.dump").read_bytes()
    cut = tmp_path / "cut.dump"
    cut.write_bytes(whole[: len(whole) // 2])
    assert "DATABASE holds what it held before" in shelf.fails("pg:backups:restore", str(cut), "--confirm", NAME)
    assert is_as_changed(shelf)
    text = tmp_path / "plain.sql"
    text.write_text("DROP TABLE entry;\n")
    assert "no dump in PostgreSQL's custom format" in shelf.fails("pg:backups:restore", str(text), "--confirm", NAME)
    assert "Nothing was done" in shelf.fails("pg:backups:restore", "b001")
    assert is_as_changed(shelf)


def test_a_backup_that_is_not_what_was_written_is_not_restored(shelf: Shelf, changed: None) -> None:
    """All that pg_restore reads of it is right: the bytes after that are not."""
    shelf.ok("pg:backups:capture")
    made = shelf.newest()
    path = shelf.files / f"{made['name']}.dump"
    data = bytearray(path.read_bytes())
    data[-1] ^= 0xFF
    path.write_bytes(data)
    assert "is damaged" in shelf.fails("pg:backups:restore", made["name"], "--confirm", NAME)
    assert is_as_changed(shelf)
    shelf.ok("pg:backups:delete", made["name"], "--confirm", NAME)


def test_a_killed_restore_leaves_the_database_as_it_was(shelf: Shelf, changed: None) -> None:
    with slow_server((shelf.files / "b001.dump").read_bytes()) as url:
        process = shelf.lk.start("pg:backups:restore", url, "--confirm", NAME, cwd=shelf.folder)
        wait_for(lambda: shelf.sql(RESTORING) == "1")
        second = shelf.fails("pg:backups:restore", "b001", "--confirm", NAME)
        assert "Another restore to DATABASE is running" in second
        shelf.ok("pg:backups:delete", shelf.newest()["name"], "--confirm", NAME)
        process.kill()
        process.communicate(timeout=120)
    assert shelf.newest()["succeeded"] is False
    assert "DATABASE holds what it held before" in shelf.ok("pg:backups:info", shelf.newest()["name"])
    assert is_as_changed(shelf)


RESTORING = "SELECT count(*) FROM pg_stat_activity WHERE application_name ~ '^localku-' AND datname ~ '_new$'"


@contextmanager
def slow_server(data: bytes) -> Iterator[str]:
    """Serves half of it, and then nothing more."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            over.wait(60)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/some.dump"
    finally:
        over.set()
        server.shutdown()
        server.server_close()
