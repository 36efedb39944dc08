"""Backups of a real database: whole or not there, whatever happens while they are made."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support import engine_view
from support.localku import Localku, Result, wait_for

ROWS = 20_000
NAME = "kept-apart"
FILL = """
    CREATE EXTENSION hstore;
    CREATE TABLE entry (id serial PRIMARY KEY, told text NOT NULL, tags hstore);
    INSERT INTO entry (told, tags) SELECT md5(g::text), 'a=>1' FROM generate_series(1, 20000) g;
"""


@dataclass(frozen=True)
class Shelf:
    """An app without code that has a database."""

    lk: Localku
    folder: Path

    def ok(self, *arguments: str, stdin: str | None = None) -> str:
        return self.lk.ok(*arguments, cwd=self.folder, stdin=stdin).out

    def fails(self, *arguments: str) -> str:
        found = self.lk.run(*arguments, cwd=self.folder)
        assert found.status == 1, f"{arguments}: {found.status}\n{found.out}\n{found.err}"
        assert "Traceback" not in found.err
        return found.err

    def run(self, *arguments: str) -> Result:
        return self.lk.run(*arguments, cwd=self.folder)

    def sql(self, text: str, database: str = "") -> str:
        """As the superuser, which needs neither psql on this machine nor the app."""
        (addon,) = self.lk.ok("addons", "--json", cwd=self.folder).json
        name = self.lk.ok("config:get", "DATABASE_URL", cwd=self.folder).out.strip().rpartition("/")[2]
        command = ["docker", "exec", "-i", "-u", "postgres", f"localku-{addon['name']}", "psql", "-qAtX", "-d"]
        done = subprocess.run([*command, database or name, "-c", text], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def transfers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.lk.ok("pg:backups", "--json", cwd=self.folder).json
        return found

    def newest(self) -> dict[str, Any]:
        return self.transfers()[0]

    @property
    def files(self) -> Path:
        return engine_view.folder(self.lk.home, NAME) / "backups"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody can read the table: pg_dump waits for it."""
        (addon,) = self.lk.ok("addons", "--json", cwd=self.folder).json
        name = self.lk.ok("config:get", "DATABASE_URL", cwd=self.folder).out.strip().rpartition("/")[2]
        command = ["docker", "exec", "-i", "-u", "postgres", f"localku-{addon['name']}", "psql", "-qAtX", "-d", name]
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
        assert holder.stdin
        holder.stdin.write("BEGIN; LOCK TABLE entry;\n")
        holder.stdin.flush()
        wait_for(
            lambda: self.sql("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted") != "0"
        )
        yield
        holder.communicate("ROLLBACK;\n", timeout=30)

    def waiting(self) -> bool:
        """Whether somebody waits for the table."""
        return self.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") != "0"


@pytest.fixture(scope="module")
def shelf(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("apps") / NAME
    folder.mkdir()
    lk.ok("create", NAME, cwd=folder)
    lk.ok("addons:create", "heroku-postgresql:standard-0", cwd=folder)
    made = Shelf(lk, folder)
    with running(made):
        made.sql(FILL)
        owner = made.sql("SELECT rolname FROM pg_roles WHERE rolname LIKE 'u%'")
        made.sql(f"ALTER TABLE entry OWNER TO {owner}")
        made.ok("pg:backups", "capture")
        yield made


@contextmanager
def running(shelf: Shelf) -> Iterator[None]:
    """Have the database run meanwhile, as an app that is up would."""
    (addon,) = shelf.lk.ok("addons", "--json", cwd=shelf.folder).json
    subprocess.run(["docker", "start", f"localku-{addon['name']}"], check=True, capture_output=True)
    wait_for(lambda: answers(shelf))
    yield


def answers(shelf: Shelf) -> bool:
    try:
        return shelf.sql("SELECT 1") == "1"
    except subprocess.CalledProcessError:
        return False


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
        ["docker", "run", "--rm", "-i", "--network=none", "--entrypoint=sh", image(shelf), "-c", READ],
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


def image(shelf: Shelf) -> str:
    (addon,) = shelf.lk.ok("addons", "--json", cwd=shelf.folder).json
    asked = ["docker", "inspect", "-f", "{{.Config.Image}}", f"localku-{addon['name']}"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def test_a_killed_capture_is_told_as_failed_and_holds_nothing_up(shelf: Shelf) -> None:
    with shelf.locked():
        process = shelf.lk.start("pg:backups:capture", cwd=shelf.folder)
        wait_for(shelf.waiting)
        assert shelf.newest()["succeeded"] is None
        process.kill()
        process.communicate(timeout=30)
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
        said, _ = process.communicate(timeout=30)
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
