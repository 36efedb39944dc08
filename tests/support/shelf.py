"""An app without code that has a database, which runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from support import engine_view
from support.localku import Localku, Result, wait_for

ROWS = 20_000
FILL = """
    CREATE EXTENSION hstore;
    CREATE TABLE entry (id serial PRIMARY KEY, told text NOT NULL, tags hstore);
    INSERT INTO entry (told, tags) SELECT md5(g::text), 'a=>1' FROM generate_series(1, 20000) g;
"""


class Refused(Exception):
    """The server's words."""


@dataclass(frozen=True)
class Shelf:
    """An app without code that has a database."""

    lk: Localku
    folder: Path
    container: str
    database: str
    role: str

    def ok(self, *arguments: str, stdin: str | None = None) -> str:
        return self.lk.ok(*arguments, cwd=self.folder, stdin=stdin).out

    def fails(self, *arguments: str) -> str:
        found = self.lk.run(*arguments, cwd=self.folder)
        assert found.status == 1, f"{arguments}: {found.status}\n{found.out}\n{found.err}"
        assert "Traceback" not in found.err
        return found.err

    def run(self, *arguments: str) -> Result:
        return self.lk.run(*arguments, cwd=self.folder)

    def run_from(self, file: Path, *arguments: str, **env: str) -> Result:
        """Run a command whose standard input is a file, as with `<`."""
        with file.open("rb") as opened:
            done = subprocess.run(
                [sys.executable, "-m", "localku", *arguments],
                cwd=self.folder,
                env=self.lk.environ(**env),
                stdin=opened,
                capture_output=True,
                text=True,
                check=False,
            )
        return Result(done.returncode, done.stdout, done.stderr)

    def sql(self, text: str) -> str:
        """As the superuser, which needs neither psql on this machine nor the app."""
        done = subprocess.run([*self.psql, "-c", text], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Refused(done.stderr)
        return done.stdout.strip()

    @property
    def psql(self) -> list[str]:
        options = ["-qAtX", "-v", "ON_ERROR_STOP=1", "-d", self.database]
        return ["docker", "exec", "-i", "-u", "postgres", self.container, "psql", *options]

    def transfers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.lk.ok("pg:backups", "--json", cwd=self.folder).json
        return found

    def newest(self) -> dict[str, Any]:
        return self.transfers()[0]

    @property
    def files(self) -> Path:
        return engine_view.folder(self.lk.home, self.folder.name) / "backups"

    @property
    def image(self) -> str:
        """Of the server."""
        asked = ["docker", "inspect", "-f", "{{.Config.Image}}", self.container]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody can read the table: pg_dump waits for it."""
        holder = subprocess.Popen(self.psql, stdin=subprocess.PIPE, text=True)
        assert holder.stdin
        holder.stdin.write("BEGIN; LOCK TABLE entry;\n")
        holder.stdin.flush()
        wait_for(
            lambda: self.sql("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted") != "0"
        )
        yield
        holder.communicate("ROLLBACK;\n", timeout=120)

    def waiting(self) -> bool:
        """Whether somebody waits for the table."""
        return self.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") != "0"


def make(lk: Localku, apps: Path, name: str, plan: str = "standard-0") -> Shelf:
    """Create the app and its database, and start it as an app that is up would."""
    folder = apps / name
    folder.mkdir()
    lk.ok("create", name, cwd=folder)
    lk.ok("addons:create", f"heroku-postgresql:{plan}", cwd=folder)
    (addon,) = lk.ok("addons", "--json", cwd=folder).json
    url = urlsplit(lk.ok("config:get", "DATABASE_URL", cwd=folder).out.strip())
    made = Shelf(lk, folder, f"localku-{addon['name']}", url.path[1:], url.username or "")
    subprocess.run(["docker", "start", made.container], check=True, capture_output=True)
    wait_for(lambda: answers(made))
    return made


def answers(shelf: Shelf) -> bool:
    try:
        return shelf.sql("SELECT 1") == "1"
    except Refused:
        return False
