"""`python -m benchmarks.soak`: an app under bursts, restarts and kill -9, and a ledger of what became of its output.

The web dyno prints numbered lines, in series of its own; a worker numbers rows of a table and prints each number
once the database has it. At the end every series must have arrived without a gap and without a twin, whole where
nothing stopped the dyno meanwhile, and the table must hold every number that was printed.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
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
from support.noisy import PRINTER, Noisy, numbers
from support.tiny import FILES

WORKER = r"""#!/bin/bash
trap 'exit 143' TERM
sql() { psql "$DATABASE_URL" -qAtX -v ON_ERROR_STOP=1 -c "$1" 2>/dev/null; }
until sql 'CREATE TABLE IF NOT EXISTS ledger(number bigserial PRIMARY KEY)'; do sleep 1; done
while :; do
  number=$(sql 'INSERT INTO ledger DEFAULT VALUES RETURNING number') && printf 'R%08d\n' "$number" || sleep 1
done
"""
LINE = re.compile(r"app\[web\.1\]: N(\d{8}) y")
ROW = re.compile(r"app\[worker\.1\]: R(\d{8})$")


@dataclass
class Series:
    """Lines `first` to `end`; `cut` where the dyno was stopped while they may have been printed."""

    first: int
    end: int
    cut: bool = False


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
        self.series.append(Series(self.app.printed, self.app.printed + number))
        try:
            self.app.prints(number, rate)
        except (OSError, AssertionError):  # no dyno took it, or one did and was stopped: it may be there or not
            self.series[-1].cut = True
            self.app.printed = self.series[-1].end

    def kill(self) -> None:
        os.kill(self.app.supervisor(), signal.SIGKILL)
        time.sleep(self.dice.uniform(0, 3))
        self.app.up()

    def stopping(self, *command: str) -> None:
        self.cut()
        self.app.lk.ok(*command, cwd=self.app.folder)
        self.cut()
        wait_for(lambda: self.ask() == "200", 120, 0.5)

    def down(self) -> None:
        self.cut()
        self.app.lk.ok("down", cwd=self.app.folder)
        self.app.up()

    def cut(self) -> None:
        """Note which series are not in the log to their end."""
        arrived = set(numbers(self.app.rows()))
        for series in self.series[-20:]:
            series.cut = series.cut or series.end - 1 not in arrived

    def awaited(self) -> list[Series]:
        """Series of the last minutes that nothing cut short and that are not in the log to their end."""
        arrived = set(numbers(self.app.rows()))
        return [one for one in self.series[-5:] if not one.cut and one.end - 1 not in arrived]

    def ask(self) -> str:
        try:
            status = str(get(f"http://127.0.0.1:{self.app.port}/", f"{self.app.folder.name}.localhost", 60)[0])
        except OSError as error:
            status = type(error).__name__
        self.requests[status] = self.requests.get(status, 0) + 1
        return status


def ledger(soak: Soak, shown: Path, rows: set[int]) -> list[str]:
    """What does not balance, in a line each."""
    got: dict[int, list[int]] = {index: [] for index in range(len(soak.series))}
    starts = [series.first for series in soak.series]
    printed, wrong, index = [], [], 0
    with shown.open(errors="replace") as output:
        for line in output:
            if found := LINE.search(line):
                number = int(found[1])
                index = next(at for at in range(len(starts) - 1, -1, -1) if starts[at] <= number)
                got[index].append(number)
            elif found := ROW.search(line):
                printed.append(int(found[1]))
            elif "L10" in line or "L11" in line or "were lost" in line:
                wrong.append(line.strip())
    for at, series in enumerate(soak.series):
        lines = len(got[at])
        if got[at] != list(range(series.first, series.first + lines)):
            wrong.append(f"series {at} from {series.first} is out of order, has gaps or twins")
        if not series.cut and lines != series.end - series.first:
            wrong.append(f"series {at}: {lines} lines of {series.end - series.first}")
    if len(printed) != len(set(printed)) or not set(printed) <= rows:
        wrong.append(f"rows: {len(printed)} printed, {len(set(printed) - rows)} of them not in the table")
    click.echo(
        f"lines: {sum(map(len, got.values()))} of {soak.app.printed} ordered in {len(starts)} series, "
        f"{sum(series.cut for series in soak.series)} of them cut short by a stop; "
        f"rows: {len(printed)} printed, {len(rows)} in the table"
    )
    return wrong


@click.command()
@click.option("--minutes", default=30.0, show_default=True, help="How long it goes on.")
@click.option("--seed", default=1, show_default=True, help="The same seed does the same things in the same order.")
def main(minutes: float, seed: int) -> None:
    """Burst, restart, kill; then see whether the ledger balances. Exit status 1 where it does not."""
    with tempfile.TemporaryDirectory(prefix="localku-soak-") as name:
        lk = Localku(Path(name) / "home")
        lk.home.mkdir()
        files = {**FILES, **PRINTER, "Procfile": "web: ./serve\nworker: ./rows\n", "rows*": WORKER}
        app = Noisy(lk, write_app(Path(name) / "soak", files))
        try:
            lk.ok("build", cwd=app.folder)
            lk.ok("addons:create", "heroku-postgresql", cwd=app.folder)
            lk.ok("ps:scale", "web=1:standard-1x", "worker=1:standard-1x", cwd=app.folder)
            app.up()
            wrong = run(Soak(app, random.Random(seed)), minutes * 60, Path(name) / "shown")  # noqa: S311
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
            wait_for(lambda: not soak.awaited(), 300, 2)
            time.sleep(5)
        finally:
            tail.terminate()
            tail.wait(60)
    query = 'psql "$DATABASE_URL" -qAtXc "SELECT number FROM ledger"'
    rows = {int(row) for row in app.lk.ok("run", "--no-tty", query, cwd=app.folder).out.split()}
    click.echo(f"{time.monotonic() - began:.0f} s: {json.dumps(soak.did)}; answers: {json.dumps(soak.requests)}")
    return ledger(soak, shown, rows)


if __name__ == "__main__":
    main()
