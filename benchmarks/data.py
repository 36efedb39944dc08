"""`python -m benchmarks.data`: pg:push, pg:pull, pg:copy, capture and restore against plain pg_dump and pg_restore.

Both sides use the same tools of the same image: the plain ones run in the container of the server that is "on this
machine", with the options that Heroku's CLI gives them, and reach the app's database over TCP with TLS.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from typing import TYPE_CHECKING

from support import other_postgres
from support.localku import Localku
from support.shelf import Shelf, make

from benchmarks.machine_facts import MachineFacts

if TYPE_CHECKING:
    from support.other_postgres import Other

AIM = 1.1
"""Times as long as `pg_dump | pg_restore`."""

NAME = "data-bench"
VERSION = 18
ROW_BYTES = 490
"""Of one row in the table, with its part of the index."""

FILL = """
CREATE TABLE entry (id bigserial PRIMARY KEY, told text NOT NULL, number int NOT NULL, made timestamptz NOT NULL);
INSERT INTO entry (told, number, made)
SELECT (SELECT string_agg(md5((g * 13 + part)::text), ' ') FROM generate_series(1, 12) part),
  g % 1000, timestamptz '2024-01-01' + g * interval '1 second' FROM generate_series(1, {rows}) g;
CREATE INDEX ON entry (number);
"""
COUNT = "SELECT count(*), sum(number) FROM entry"


RESTORE = "--no-owner --no-acl --clean --if-exists"
PLAIN = {
    "capture": '"$PROGRAMS/pg_dump" -Fc --no-owner --no-acl "$APP" >/kept/plain.part; sync /kept/plain.part',
    "restore": f'"$PROGRAMS/pg_restore" {RESTORE} -d "$APP" /kept/plain.dump',
    "push": f'"$PROGRAMS/pg_dump" -Fc -Z0 "$MINE" | "$PROGRAMS/pg_restore" {RESTORE} -d "$APP"',
    "pull": f'"$PROGRAMS/pg_dump" -Fc -Z0 "$APP" | "$PROGRAMS/pg_restore" {RESTORE} -d "$PULLED"',
}
"""What somebody would write in the shell."""


@dataclass
class Bench:
    """`other` is the server on this machine, whose database `mine` has the rows that the app's database gets."""

    shelf: Shelf
    other: Other
    kept: Path
    expected: str = ""
    ratios: dict[str, list[float]] = field(default_factory=dict)

    def fill(self, megabytes: int) -> None:
        self.other.sql("postgres", "CREATE DATABASE mine")
        self.other.sql("mine", FILL.format(rows=megabytes * 2**20 // ROW_BYTES))
        self.other.sql("mine", "VACUUM ANALYZE entry")
        self.expected = self.other.sql("mine", COUNT)
        size = self.other.sql("mine", "SELECT pg_size_pretty(pg_database_size(current_database()))")
        click.echo(f"{size} in {self.expected.partition('|')[0]} rows")
        self.empty()
        self.ours("push")
        self.plain("capture")
        (self.kept / "plain.part").rename(self.kept / "plain.dump")

    def round(self, name: str, *, plain_first: bool) -> None:
        """Take both sides of one row, each on what the other one has found."""
        seconds: dict[bool, float] = {}
        for is_plain in (plain_first, not plain_first):
            self.prepare(name)
            began = time.perf_counter()
            self.plain(name) if is_plain else self.ours(name)
            seconds[is_plain] = time.perf_counter() - began
            self.check(name)
        self.ratios.setdefault(name, []).append(seconds[False] / seconds[True])
        click.echo(
            f"{name:8} plain {seconds[True]:7.2f} s   localku {seconds[False]:7.2f} s"
            f"   {self.ratios[name][-1]:5.2f}x   load {os.getloadavg()[0]:.1f}"
        )

    def prepare(self, name: str) -> None:
        """Bring about what it needs, and have both servers owe the disk nothing."""
        if name == "push":
            self.empty()
        if name == "pull":
            self.other.sql("postgres", "DROP DATABASE IF EXISTS pulled")
        self.shelf.sql("CHECKPOINT")
        self.other.sql("postgres", "CHECKPOINT")
        os.sync()

    def check(self, name: str) -> None:
        """Fail where a row is missing."""
        found = self.other.sql("pulled", COUNT) if name == "pull" else self.shelf.sql(COUNT)
        if found != self.expected:
            raise click.ClickException(f"{name}: {found} instead of {self.expected}")

    def empty(self) -> None:
        self.shelf.ok("pg:reset", "DATABASE", "--confirm", NAME)

    def plain(self, name: str) -> None:
        if name == "pull":
            self.other.sql("postgres", "CREATE DATABASE pulled")
        known = {
            "APP": self.shelf.ok("config:get", "DATABASE_URL").strip(),
            "MINE": self.other.url("mine"),
            "PULLED": self.other.url("pulled"),
        }
        given = [word for variable, value in known.items() for word in ("-e", f"{variable}={value}")]
        script = f"set -o pipefail; {PLAIN[name]}"
        subprocess.run(["docker", "exec", *given, self.other.container, "bash", "-ec", script], check=True)

    def ours(self, name: str) -> None:
        commands = {
            "capture": ("pg:backups:capture",),
            "restore": ("pg:backups:restore", str(self.kept / "plain.dump"), "--confirm", NAME),
            "push": ("pg:push", self.other.url("mine"), "DATABASE_URL"),
            "pull": ("pg:pull", "DATABASE_URL", self.other.url("pulled")),
        }
        self.shelf.ok(*commands[name])


@click.command()
@click.option("--megabytes", default=1024, show_default=True, type=click.IntRange(1), help="How large the table is.")
@click.option("--pairs", default=3, show_default=True, type=click.IntRange(1), help="How often each is taken.")
@click.option("--only", multiple=True, type=click.Choice(list(PLAIN)), help="Only this row; repeatable.")
def main(megabytes: int, pairs: int, only: tuple[str, ...]) -> None:
    """Measure each way of data beside what pg_dump and pg_restore alone need for it."""
    click.echo(MachineFacts.of_this_machine())
    with tempfile.TemporaryDirectory(prefix="localku-bench-") as name:
        folder = Path(name)
        kept = folder / "kept"
        kept.mkdir()
        folder.chmod(0o755)
        kept.chmod(0o777)
        lk = Localku(folder / "home")
        lk.home.mkdir()
        try:
            with other_postgres.running(VERSION, None, mount=kept) as other:
                bench = Bench(make(lk, folder, NAME), other, kept)
                bench.fill(megabytes)
                _measure(bench, pairs, only or tuple(PLAIN))
        finally:
            lk.clean()


def _measure(bench: Bench, pairs: int, names: tuple[str, ...]) -> None:
    for number in range(pairs):
        for name in names:
            bench.round(name, plain_first=number % 2 == 0)
    for name, ratios in bench.ratios.items():
        middle = statistics.median(ratios)
        click.echo(f"{name:8} {middle:.2f}x, aim ≤ {AIM:g}x, {'met' if middle <= AIM else 'not met'}")


if __name__ == "__main__":
    main()
