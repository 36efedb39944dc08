"""`python -m benchmarks.router`: gunicorn directly, behind nginx, and behind localku, in one run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks.router import load, servers
from benchmarks.router.rows import Figure, Rows
from benchmarks.router.servers import Server

CLIENTS = (1, 32)

Measure = Callable[[Server], tuple[Figure, ...]]


@click.command()
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1), help="How often each is measured.")
@click.option(
    "--seconds", default=2, show_default=True, type=click.IntRange(1), help="How long each measurement takes."
)
def main(rounds: int, seconds: int) -> None:
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
                taken = compared(workers, [direct, nginx, plain, faster], rounds, seconds)
                Console(width=120).print(table(workers, taken))


def compared(workers: str, contenders: Sequence[Server], rounds: int, seconds: int) -> Rows:
    """Measure everything of each contender in turn, in the other order in every second round."""
    rows = Rows()
    for number in range(rounds):
        click.echo(f"{workers}: round {number + 1}/{rounds}", err=True)
        for measure in measures(workers, seconds, is_first=number == 0):
            order = contenders[::-1] if number % 2 else contenders
            found = {one.name: measure(one) for one in order}
            rows.add([found[one.name] for one in contenders])
    return rows


def measures(workers: str, seconds: int, *, is_first: bool) -> list[Measure]:
    """Connections that wait are measured once: what they took is free for those of the next round."""

    def small(clients: int) -> Measure:
        def measure(server: Server) -> tuple[Figure, ...]:
            found, title = load.small(server, clients, seconds), f"{clients} client(s): "
            return (
                Figure(f"{title}requests/s", ".0f", found.rate),
                Figure(f"{title}p50 ms", ".2f", found.p50),
                Figure(f"{title}p99 ms", ".2f", found.p99),
                Figure(f"{title}processor µs", ".0f", found.processor),
            )

        return measure

    def large(title: str, path: str) -> Measure:
        return lambda server: (Figure(title, ".0f", load.large(server, path, seconds)),)

    def idle(server: Server) -> tuple[Figure, ...]:
        return (Figure("idle connection, KB", ".1f", load.idle(server) / 1024),)

    found = [small(clients) for clients in CLIENTS]
    found += [large("64 MB down, 2 clients: MB/s", "/large"), large("64 MB up, 2 clients: MB/s", "/upload")]
    return [*found, idle] if is_first and workers == "gthread" else found


def table(workers: str, rows: Rows) -> Table:
    made = Table(title=f"gunicorn, {servers.WORKERS} {workers} workers", caption=f"load {os.getloadavg()[0]:.1f}")
    for column in ("", "direct", "nginx", "asyncio", "/ nginx", "uvloop", "/ nginx"):
        made.add_column(column, justify="left" if not column else "right")
    for title in rows.rounds:
        made.add_row(title, *rows.cells(title))
    return made


main()
