"""`python -m benchmarks`: localku against a Dockerfile and `heroku local`, in one run on one machine."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from rich.console import Console

from benchmarks import report
from benchmarks.contenders.contender import Contender, Unavailable
from benchmarks.contenders.dockerfile import Dockerfile
from benchmarks.contenders.heroku_local import HerokuLocal
from benchmarks.contenders.localku import Localku
from benchmarks.measurements import MEASUREMENTS, rounds
from benchmarks.world import App, bower_world

NAMES = [measurement.name for measurement in MEASUREMENTS]


@click.command()
@click.option(
    "--rounds", "count", default=5, show_default=True, type=click.IntRange(1), help="How often each is taken."
)
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="Take only this measurement; repeatable.")
@click.option("--without-heroku", is_flag=True, help="Leave `heroku local` out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def main(count: int, only: tuple[str, ...], *, without_heroku: bool, as_json: bool) -> None:
    """Measure localku against the same app built by hand."""
    with tempfile.TemporaryDirectory(prefix="localku-bench-") as name, contextlib.ExitStack() as cleaning:
        contenders, missing = _prepared(Path(name), cleaning, heroku=not without_heroku)
        figures = rounds(contenders, only or NAMES, count, _tell)
    names = [contender.name for contender in contenders]
    if as_json:
        click.echo(json.dumps(report.as_json(figures, names, missing, count), indent=2))
    else:
        Console().print(report.table(figures, names, missing, count))


def _prepared(
    folder: Path, cleaning: contextlib.ExitStack, *, heroku: bool
) -> tuple[Sequence[Contender], dict[str, str]]:
    """Give every contender that can be had an app of its own, built once."""
    bower = cleaning.enter_context(bower_world(folder / "bower"))
    made: dict[str, Callable[[], Contender]] = {
        Localku.name: lambda: Localku(App(folder / "localku", bower), folder / "home"),
        Dockerfile.name: lambda: Dockerfile(App(folder / "dockerfile", bower)),
    }
    if heroku:
        made[HerokuLocal.name] = lambda: HerokuLocal(App(folder / "heroku", bower), folder)
    ready: list[Contender] = []
    missing: dict[str, str] = {}
    for name, make in made.items():
        _tell(f"Preparing {name}")
        try:
            contender = make()
        except Unavailable as error:
            missing[name] = str(error)
            continue
        cleaning.callback(contender.close)
        contender.prepare()
        ready.append(contender)
    return ready, missing


def _tell(line: str) -> None:
    click.echo(line, err=True)


main()
