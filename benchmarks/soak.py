"""`python -m benchmarks.soak`: an app under bursts, restarts and kill -9, and a ledger of what became of its output.

The web dyno prints numbered lines in series, and at the end of each, or when it is told to stop, how many it wrote; a
worker numbers rows of a table and prints each number once the database has it. At the end `logs --tail` must have
shown every line that was written, once and in order, or have named the hole; the table must hold every printed number.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.localku import Localku, get, wait_for, write_app
from support.noisy import PRINTER, Noisy
from support.tiny import FILES

from benchmarks.ledger import Ledger, Series

WORKER = r"""#!/bin/bash
trap 'exit 143' TERM
sql() { psql "$DATABASE_URL" -qAtX -v ON_ERROR_STOP=1 -c "$1" 2>/dev/null; }
until sql 'CREATE TABLE IF NOT EXISTS ledger(number bigserial PRIMARY KEY)'; do sleep 1; done
while :; do
  number=$(sql 'INSERT INTO ledger DEFAULT VALUES RETURNING number') && printf 'R%08d\n' "$number" || sleep 1
done
"""


END = re.compile(rb"app\[web\.1\]: (E\d{8}) ")
AT_ONCE = 50_000_000
"""Bytes of what was shown that are looked through at the same time."""
SILENT = 60
"""Seconds without a line after which nothing more is waited for."""


@dataclass
class Soak:
    """`did` counts what was done, `requests` the answers by status."""

    app: Noisy
    dice: random.Random
    series: list[Series] = field(default_factory=list)
    did: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)

    def act(self) -> None:
        """Do one thing to it, and ask it for something after."""
        acts: dict[str, tuple[int, Callable[[], None]]] = {
            "burst": (30, lambda: self.print(self.dice.randrange(20_000, 200_000))),
            "flow": (30, lambda: self.print(self.dice.randrange(5_000, 40_000), rate=5_000)),
            "pause": (20, lambda: time.sleep(self.dice.uniform(0, 8))),
            "kill -9": (10, self.kill),
            "restart": (4, lambda: self.stopping("ps:restart", "web.1")),
            "config:set": (3, lambda: self.stopping("config:set", f"N={self.dice.random()}")),
            "reset-fs": (2, lambda: self.stopping("reset-fs", "--dyno", "web.1")),
            "down and up": (1, self.down),
        }
        name = self.dice.choices(list(acts), [weight for weight, _ in acts.values()])[0]
        acts[name][1]()
        self.did[name] = self.did.get(name, 0) + 1
        self.ask()

    def print(self, number: int, rate: int = 0) -> None:
        self.series.append(Series(self.app.printed, number))
        try:
            self.app.prints(number, rate)
        except (OSError, AssertionError):  # no dyno took it, or one did and was stopped: it says itself how far it came
            self.series[-1].taken = False
            self.app.printed += number

    def kill(self) -> None:
        self.app.lk.kill()
        time.sleep(self.dice.uniform(0, 3))
        self.app.up()

    def stopping(self, *command: str) -> None:
        """Have a dyno that is up go, which a kill just before may have kept from coming up, and wait for the next."""
        wait_for(lambda: self.ask() == "200", 120, 0.5)
        self.app.lk.ok(*command, cwd=self.app.folder)
        wait_for(lambda: self.ask() == "200", 120, 0.5)

    def down(self) -> None:
        self.app.lk.ok("down", cwd=self.app.folder)
        self.app.up()

    def ask(self) -> str:
        try:
            status = str(get(f"http://127.0.0.1:{self.app.port}/", f"{self.app.folder.name}.localhost", 60)[0])
        except OSError as error:
            status = type(error).__name__
        self.requests[status] = self.requests.get(status, 0) + 1
        return status


def balance(soak: Soak, shown: Path, table: set[int]) -> list[str]:
    """What does not balance, in a line each."""
    ledger = Ledger(soak.series)
    with shown.open(errors="replace") as output:
        ledger.take(output)
    ledger.close(table)
    cut = sum(one.ended is not None and one.ended < one.asked for one in soak.series)
    arrived, missing = (
        sum(counts) for counts in zip(*((one.arrived, one.missing) for one in soak.series), strict=True)
    )
    click.echo(
        f"lines: {arrived} arrived and {missing} missing, of {soak.app.printed} ordered in {len(soak.series)} series, "
        f"{cut} of them cut short by a stop and {sum(not one.taken for one in soak.series)} refused; "
        f"holes: {len(ledger.named)} named, {ledger.dropped} messages counted; "
        f"{ledger.killed} dynos killed after 30 seconds; rows: {len(ledger.printed)} printed, {len(table)} in the table"
    )
    for row in ledger.named:
        click.echo(f"       {row}")
    return ledger.wrong


def wait_for_ends(soak: Soak, shown: Path, tail: subprocess.Popen[bytes]) -> None:
    """Until all series have told their end, or nothing comes any more."""
    awaited, silent = {b"E%08d" % one.first for one in soak.series if one.taken}, 0
    with shown.open("rb") as output:
        while awaited and silent < SILENT and tail.poll() is None:
            lines = output.readlines(AT_ONCE)
            awaited -= {found[1] for line in lines if (found := END.search(line))}
            silent = 0 if lines else silent + 1
            time.sleep(0 if lines else 1)


@click.command()
@click.option("--minutes", default=30.0, show_default=True, help="How long it goes on.")
@click.option("--seed", default=1, show_default=True, help="The same seed does the same things in the same order.")
@click.option("--keep", type=click.Path(path_type=Path), help="A file for what `logs --tail` shows.")
def main(minutes: float, seed: int, keep: Path | None) -> None:
    """Burst, restart, kill; then see whether the ledger balances. Exit status 1 where it does not."""
    with tempfile.TemporaryDirectory(prefix="localku-soak-") as name:
        lk = Localku(Path(name) / "home")
        lk.home.mkdir()
        files = {**FILES, **PRINTER, "Procfile": "web: ./serve\nworker: ./rows\n", "rows*": WORKER}
        app = Noisy(lk, write_app(Path(name) / "soak", files), says_its_end=True)
        try:
            lk.ok("build", cwd=app.folder)
            lk.ok("addons:create", "heroku-postgresql", cwd=app.folder)
            lk.ok("ps:scale", "web=1:standard-1x", "worker=1:standard-1x", cwd=app.folder)
            app.up()
            wrong = run(Soak(app, random.Random(seed)), minutes * 60, keep or Path(name) / "shown")  # noqa: S311
        finally:
            lk.clean()
    for line in wrong:
        click.echo(f" !     {line}")
    click.echo("The ledger does not balance." if wrong else "The ledger balances.")
    sys.exit(1 if wrong else 0)


def run(soak: Soak, seconds: float, shown: Path) -> list[str]:
    app, began = soak.app, time.monotonic()
    command = [sys.executable, "-m", "localku", "logs", "--tail", "--num", "0"]
    with shown.open("wb") as output:
        tail = subprocess.Popen(command, cwd=app.folder, env=app.lk.environ(), stdout=output)
        try:
            wait_for(lambda: (soak.ask(), shown.stat().st_size)[1], 60)
            while time.monotonic() - began < seconds:
                soak.act()
            app.lk.ok("ps:scale", "worker=0", cwd=app.folder)
            soak.print(1)
            wait_for_ends(soak, shown, tail)
        finally:
            tail.terminate()
            tail.wait(60)
    query = 'psql "$DATABASE_URL" -qAtXc "SELECT number FROM ledger"'
    table = {int(row) for row in app.lk.ok("run", "--no-tty", query, cwd=app.folder).out.split()}
    click.echo(f"{time.monotonic() - began:.0f} s: {json.dumps(soak.did)}; answers: {json.dumps(soak.requests)}")
    return balance(soak, shown, table)


if __name__ == "__main__":
    main()
