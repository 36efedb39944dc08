"""`python -m benchmarks.api`: how long the server takes for what Heroku's CLI reads, with 20 apps."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.api_http import ApiClient, api_client
from support.localku import Localku, write_app
from support.tiny import FILES

from benchmarks.machine_facts import MachineFacts

AIM = 5.0
"""Milliseconds that half of the requests take at most."""

RELEASES = 15
"""Of each app, by changes of its config vars."""

DATABASES = 5
"""Apps that have one."""

NEWEST = {"Range": "version ..; max=15, order=desc"}

READS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("/account", {}),
    ("/users/~/apps", {}),
    ("/apps", {}),
    ("/apps/{app}", {}),
    ("/apps/{app}/config-vars", {}),
    ("/apps/{app}/releases", NEWEST),
    ("/apps/{app}/dynos", {}),
    ("/apps/{app}/formation", {}),
    ("/apps/{app}/addons", {}),
    ("/apps/{app}/addon-attachments", {}),
    ("/addon-attachments", {}),
    ("/addons", {}),
    ("/apps/{app}/domains", {"Range": "id ..; max=1000;"}),
    ("/apps/{app}/features", {}),
    ("/apps/{app}/collaborators", {}),
    ("/apps/{app}/buildpack-installations", {}),
    ("/apps/{app}/builds", {}),
    ("/apps/{app}/pipeline-couplings", {}),
)


@click.command()
@click.option(
    "--apps", "number", default=20, show_default=True, type=click.IntRange(1), help="How many apps there are."
)
@click.option("--requests", default=200, show_default=True, type=click.IntRange(10), help="Of each kind.")
def main(number: int, requests: int) -> None:
    """Measure each of the reads, one after the other, over one connection."""
    with tempfile.TemporaryDirectory(prefix="localku-bench-") as name:
        lk = Localku(Path(name) / "home")
        lk.home.mkdir()
        try:
            client = _prepared(lk, Path(name), number)
            click.echo(f"{number} apps are there; load {os.getloadavg()[0]:.1f}", err=True)
            Console(width=110).print(_measured(client, requests))
        finally:
            lk.clean()


def _prepared(lk: Localku, folder: Path, number: int) -> ApiClient:
    """The first app is built and up."""
    first = write_app(folder / "app-0", FILES)
    lk.ok("build", cwd=first)
    client = api_client(lk, lk.home)
    for one in range(1, number):
        client.call("POST", "/apps", {"name": f"app-{one}"})
    for one in range(number):
        for count in range(RELEASES):
            client.call("PATCH", f"/apps/app-{one}/config-vars", {f"VAR_{count}": "x" * 50})
        if one < DATABASES:
            client.call("POST", f"/apps/app-{one}/addons", {"plan": "heroku-postgresql:essential-0"})
    lk.ok("up", "--detach", "--no-build", cwd=first)
    return client


def _measured(client: ApiClient, requests: int) -> Table:
    place = urlsplit(client.url)
    shown = Table(caption=f"{MachineFacts.of_this_machine()}; load {os.getloadavg()[0]:.1f}; milliseconds")
    for column in ("", "p50", "p99", "bytes", "aim"):
        shown.add_column(column, justify="right" if column else "left")
    connection = http.client.HTTPConnection(str(place.hostname), place.port)
    for path, headers in READS:
        sent = {**client.headers, "Accept": "application/vnd.heroku+json; version=3", **headers}
        times, size = _times(lambda path=path, sent=sent: _asked(connection, path, sent), requests)  # type: ignore[misc]
        p50 = statistics.median(times)
        p99 = statistics.quantiles(times, n=100)[98]
        met = "met" if p50 <= AIM else "missed"
        shown.add_row(f"GET {path}", f"{p50:.2f}", f"{p99:.2f}", str(size), f"p50 ≤ {AIM:g}, {met}")
    connection.close()
    return shown


def _times(ask: Callable[[], int], requests: int) -> tuple[list[float], int]:
    """Milliseconds of each, after some that warm up; and the bytes of the last."""
    times, size = [], 0
    for number in range(requests + 10):
        began = time.perf_counter()
        size = ask()
        if number >= 10:  # noqa: PLR2004
            times.append(1000 * (time.perf_counter() - began))
    return times, size


def _asked(connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str]) -> int:
    connection.request("GET", path.replace("{app}", "app-0"), headers=dict(headers))
    reply = connection.getresponse()
    content = reply.read()
    json.loads(content)
    return len(content)


if __name__ == "__main__":
    main()
