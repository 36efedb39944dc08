"""`python -m benchmarks.router`: gunicorn directly, behind nginx, and behind localku, in one run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks.router import load, servers
from benchmarks.router.servers import Server


@click.command()
@click.option("--seconds", default=4.0, show_default=True, help="How long each measurement takes.")
def main(seconds: float) -> None:
    """Measure what the router adds and takes away."""
    with tempfile.TemporaryDirectory(prefix="localku-bench-") as name:
        for workers in ("sync", "gthread"):
            folder = Path(name) / workers
            folder.mkdir()
            with (
                servers.gunicorn(workers) as direct,
                servers.nginx(direct.port, folder) as nginx,
                servers.localku(direct.port, folder, "asyncio") as plain,
                servers.localku(direct.port, folder, "uvloop") as faster,
            ):
                Console(width=120).print(compared(workers, [direct, nginx, plain, faster], seconds))


def compared(workers: str, contenders: list[Server], seconds: float) -> Table:
    table = Table(title=f"gunicorn, {servers.WORKERS} {workers} workers", caption=f"load {os.getloadavg()[0]:.1f}")
    for column in ("", "direct", "nginx", "asyncio", "/ nginx", "uvloop", "/ nginx"):
        table.add_column(column, justify="left" if not column else "right")

    def row(title: str, form: str, take: Callable[[Server], float]) -> None:
        click.echo(f"{workers}: {title}", err=True)
        taken = [take(one) for one in contenders]
        cells = [format(one, form) for one in taken]
        for number in (2, 3):
            cells.insert(2 * number - 1, f"{taken[number] / taken[1]:.2f}")
        table.add_row(title, *cells)

    for clients in (1, 32):
        found = {one.name: load.small(one, clients, seconds) for one in contenders}
        row(f"{clients} client(s): requests/s", ".0f", lambda one, found=found: found[one.name].rate)  # type: ignore[misc]
        row(f"{clients} client(s): p50 ms", ".2f", lambda one, found=found: found[one.name].p50)  # type: ignore[misc]
        row(f"{clients} client(s): p99 ms", ".2f", lambda one, found=found: found[one.name].p99)  # type: ignore[misc]
        row(f"{clients} client(s): processor µs", ".0f", lambda one, found=found: found[one.name].processor)  # type: ignore[misc]
    row("64 MB down, 2 clients: MB/s", ".0f", lambda one: load.large(one, "/large", seconds))
    row("64 MB up, 2 clients: MB/s", ".0f", lambda one: load.large(one, "/upload", seconds))
    if workers == "gthread":
        row("idle connection, KB", ".1f", lambda one: load.idle(one) / 1024)
    return table


main()
