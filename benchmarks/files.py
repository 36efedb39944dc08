"""`python -m benchmarks.files`: what `reset-fs` needs to look through a dyno, against one `find` in it."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from localku.clock import SystemClock
from localku.context import Context
from localku.engine.client import Engine
from localku.platform.dynos import filesystem
from localku.services.postgres.postgres_service import Postgres
from localku.store.store import Store
from tests.support.localku import Localku, write_app

AIM = 4.0
"""Times as long as `find -printf`."""

APP = {
    "Procfile": "web: socat TCP-LISTEN:$PORT,fork,reuseaddr SYSTEM:cat\n",
    "pack/bin/detect*": "#!/bin/bash\necho Files\n",
    "pack/bin/compile*": "#!/bin/bash\n",
    ".buildpacks": "./pack\n",
}

FIND = ("find", "/app", "-printf", r"%y %s %T@ %p\0")


@click.command()
@click.option("--files", "number", default=20_000, show_default=True, type=click.IntRange(1), help="How many files.")
@click.option(
    "--rounds", "count", default=5, show_default=True, type=click.IntRange(1), help="How often each is taken."
)
def main(number: int, count: int) -> None:
    """Measure how long it takes to know what a dyno wrote."""
    with tempfile.TemporaryDirectory(prefix="localku-bench-") as name:
        lk = Localku(Path(name, "home"))
        lk.home.mkdir()
        folder = write_app(Path(name, "files-bench"), APP)
        try:
            lk.ok("up", "--detach", cwd=folder)
            context = Context(Store(lk.home), Engine(), SystemClock(), Postgres)
            _measure(context, number, count)
        finally:
            lk.clean()


def _measure(context: Context, number: int, count: int) -> None:
    (app,) = context.store.apps.all()
    (dyno,) = context.store.dynos.of(app.id)
    container = dyno.container or ""
    made = f"mkdir /app/media && cd /app/media && seq {number} | split -l 1 -a 5 -"
    context.engine.containers.exec(container, ["/bin/bash", "-c", made])
    ratios = []
    for _ in range(count):
        find = _timed(lambda: context.engine.containers.exec(container, FIND))
        look = _timed(lambda: filesystem.Files(context, app).look(dyno))
        ratios.append(look / find)
        click.echo(f"find {find:6.3f} s   reset-fs {look:6.3f} s   {look / find:5.2f}x   load {os.getloadavg()[0]:.1f}")
    middle = statistics.median(ratios)
    click.echo(f"{number:,} files: {middle:.2f}x, aim ≤ {AIM:g}x, {'met' if middle <= AIM else 'not met'}")


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
