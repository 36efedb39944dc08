"""`python -m benchmarks.diagnosis`: the router's latency while the server looks for the causes of another app's errors.

In turn with it: nothing beside the requests, and a program that uses as much of a processor as that look, for on a
machine of few cores whatever runs takes time from the router.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.localku import Localku, get, write_app
from support.noisy import Noisy
from support.tiny import FILES

from benchmarks.idle import use_of
from benchmarks.latency import p99

AIM = 1.3
"""Times as long as with nothing beside."""

LINES = 1500
"""Of the log that is looked through."""

SECONDS = 5

EVERY = 0.5
"""Seconds between two errors, each of another path, which the doctor has not explained yet."""

FAILING = """#!/bin/bash
read -r _
printf 'HTTP/1.1 500 Internal Server Error\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n'
"""

BURNER = """
import time
while True:
    began = time.process_time()
    while time.process_time() - began < {busy}:
        pass
    time.sleep({idle})
"""


@click.command()
@click.option("--pairs", default=5, show_default=True, type=click.IntRange(1), help="How often each is measured.")
def main(pairs: int) -> None:
    """Measure, and compare the medians."""
    with tempfile.TemporaryDirectory(prefix="localku-bench-") as name:
        lk = Localku(Path(name) / "home")
        lk.home.mkdir()
        asked, troubled = Noisy.made(lk, Path(name) / "asked"), Path(name) / "troubled"
        write_app(troubled, {**FILES, "answer*": FAILING})
        try:
            lk.ok("up", "--detach", cwd=troubled)
            asked.up()
            status = lk.ok("server:status", "--json", cwd=lk.home).json
            port = next(app["port"] for app in status["apps"] if app["name"] == "troubled")
            _fill(port)
            logs = next(one["pid"] for one in status["processes"] if one["name"] == "logs")
            _compare(pairs, lambda: p99(asked, SECONDS), port, logs)
        finally:
            lk.clean()


def _fill(port: int) -> None:
    """Give the doctor a log to look through."""
    for _ in range(LINES // 2):
        get(f"http://127.0.0.1:{port}/first", "troubled.localhost")


def _compare(pairs: int, measure: Callable[[], float], port: int, logs: int) -> None:
    looked, burnt, paths = [], [], count()
    for number in range(pairs):
        quiet = measure()
        began, before = time.monotonic(), use_of(logs).cpu
        with _errors(port, paths):
            beside = measure()
        share = (use_of(logs).cpu - before) / (time.monotonic() - began)
        with _burning(share):
            burning = measure()
        looked.append(beside / quiet)
        burnt.append(burning / quiet)
        click.echo(
            f"pair {number + 1}: quiet {quiet:.1f} ms, diagnosed {beside:.1f} ms ({looked[-1]:.2f}), the logs' process "
            f"at {share:.0%} of a core; beside a burner of as much {burning:.1f} ms ({burnt[-1]:.2f})"
        )
    middle = statistics.median(looked)
    met = "met" if middle <= AIM else "missed"
    click.echo(f"p99: {middle:.2f} of quiet, aim ≤ {AIM}, {met}; beside the burner {statistics.median(burnt):.2f}")


@contextmanager
def _errors(port: int, paths: Iterator[int]) -> Iterator[None]:
    """Have the other app fail again and again meanwhile."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(EVERY):
            get(f"http://127.0.0.1:{port}/failing/{next(paths)}", "troubled.localhost")

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        over.set()
        asking.join()


@contextmanager
def _burning(share: float) -> Iterator[None]:
    busy = EVERY * share
    program = BURNER.format(busy=busy, idle=max(0.0, EVERY - busy))
    with subprocess.Popen([sys.executable, "-c", program]) as burner:
        try:
            yield
        finally:
            burner.kill()


if __name__ == "__main__":
    main()
