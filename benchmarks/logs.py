"""`python -m benchmarks.logs`: a burst of a dyno's lines into its log, against `docker logs -f` of its container."""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.localku import Localku
from support.noisy import Noisy, docker

from benchmarks.latency import p99

PRINT = "perl /app/print.pl {first} {number} 0 89 >/proc/1/fd/1"


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="How often each is measured.")
@click.option("--lines", default=400_000, show_default=True, type=click.IntRange(10_000), help="Lines of a burst.")
def main(rounds: int, lines: int) -> None:
    """Measure how fast output reaches the log, and what a burst costs the requests beside it."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed: apt-get install wrk")
    with tempfile.TemporaryDirectory(prefix="localku-bench-") as name:
        lk = Localku(Path(name) / "home")
        lk.home.mkdir()
        app = Noisy.made(lk, Path(name) / "noisy")
        try:
            app.up()
            quiet, ours, theirs, beside = p99(app, 4), [], [], []
            for number in range(rounds):
                click.echo(f"round {number + 1} of {rounds}", err=True)
                ours.append(localku(app, lines))
                theirs.append(follower(app, lines))
                beside.append(beside_a_burst(app, lines))
            Console(width=100).print(table(lines, ours, theirs, quiet, beside))
        finally:
            lk.clean()


def localku(app: Noisy, lines: int) -> float:
    """Seconds from the first line's printing to the last one's arrival in the log."""
    began = time.perf_counter()
    burst(app, lines)
    app.wait_written()
    return time.perf_counter() - began


def follower(app: Noisy, lines: int) -> float:
    """The same for `docker logs -f`, while localku does not read."""
    last = f"N{app.printed + lines - 1:08}"
    os.kill(app.supervisor(), signal.SIGSTOP)
    try:
        with (
            subprocess.Popen(
                ["docker", "logs", "-f", "--tail", "0", app.container()],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            ) as reader,
            subprocess.Popen(["grep", "-m1", "-F", last], stdin=reader.stdout, stdout=subprocess.DEVNULL) as seeker,
        ):
            time.sleep(1)
            began = time.perf_counter()
            burst(app, lines)
            seeker.wait()
            taken = time.perf_counter() - began
            reader.kill()
            return taken
    finally:
        os.kill(app.supervisor(), signal.SIGCONT)
        app.wait_written()


def burst(app: Noisy, lines: int) -> None:
    docker("exec", app.container(), "bash", "-c", PRINT.format(first=app.printed, number=lines))
    app.printed += lines


def beside_a_burst(app: Noisy, lines: int) -> float:
    """The router's p99 in milliseconds while a burst is carried."""
    app.prints(lines, wait=1)
    taken = p99(app, 5)
    app.wait_written()
    return taken


def table(lines: int, ours: list[float], theirs: list[float], quiet: float, beside: list[float]) -> Table:
    made = Table(title=f"a burst of {lines} lines", caption=f"load {os.getloadavg()[0]:.1f}")
    for column in ("", "localku", "docker logs -f", "ratio"):
        made.add_column(column, justify="left" if not column else "right")
    rates = [lines / statistics.median(seconds) for seconds in (ours, theirs)]
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    made.add_row("lines/s", f"{rates[0]:.0f}", f"{rates[1]:.0f}", f"{ratio:.2f}")
    made.add_row("router's p99 ms, quiet", f"{quiet:.1f}", "", "")
    made.add_row("router's p99 ms, in the burst", f"{statistics.median(beside):.1f}", "", "")
    return made


main()
