"""`python -m benchmarks`: localku against the same app built by hand, in one run on one machine."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console

from benchmarks.additions import PACKAGES
from benchmarks.machine_facts import MachineFacts
from benchmarks.stand import Own, Stand
from benchmarks.table import rounds
from benchmarks.table.catalogue import rows
from benchmarks.table.figures import Figures
from benchmarks.table.report import Report
from benchmarks.table.row import HEROKU_LOCAL, Row

ROWS = rows()
MOST_ROUNDS = len(PACKAGES)
"""Each round adds a dependency that none before has added."""
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

count_option = click.option(
    "--rounds",
    "count",
    default=5,
    show_default=True,
    type=click.IntRange(1, MOST_ROUNDS),
    help="How often each row is taken.",
)
cold_option = click.option(
    "--cold-rounds", default=3, show_default=True, type=click.IntRange(1), help="How often, at most, a cold build is."
)
only_option = click.option(
    "--only", multiple=True, type=click.Choice([row.name for row in ROWS]), help="Take only this row; repeatable."
)
folder = click.Path(exists=True, file_okay=False, path_type=Path)
file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@count_option
@cold_option
@only_option
@click.option("--without-heroku", is_flag=True, help="Leave `heroku local` out.")
@click.option(
    "--app", "own", type=folder, help="Build a copy of the app in this folder; only rows that any app can have."
)
@click.option("--dockerfile", type=file, help="With --app: what it is compared with.")
@click.option("--page", default="/", show_default=True, help="With --app: the path that is requested.")
@click.option("--change", help="With --app: the file that gets a comment, by its path in the app.")
@click.option("--markdown", is_flag=True, help="Print the table in Markdown, as in a pipe.")
@click.option("--json", "as_json", is_flag=True, help="Print every single figure as JSON.")
def main(
    count: int,
    cold_rounds: int,
    only: tuple[str, ...],
    own: Path | None,
    dockerfile: Path | None,
    page: str,
    change: str | None,
    *,
    without_heroku: bool,
    markdown: bool,
    as_json: bool,
) -> None:
    """Measure localku against the same app built by hand.

    The exit status is 1 if a row had to be given up.
    """
    if own is None and (dockerfile or change):
        raise click.UsageError("--dockerfile and --change go with --app.")
    foreign = None if own is None else Own(own, dockerfile, page, change)
    chosen = _chosen(only, foreign, heroku=not without_heroku)
    report = _measured(chosen, rounds.Counts(count, cold_rounds), foreign)
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    elif markdown or not sys.stdout.isatty():
        click.echo(report.markdown())
    else:
        Console().print(report.table())
    sys.exit(1 if report.figures.failed else 0)


def _chosen(only: Sequence[str], foreign: Own | None, *, heroku: bool) -> list[Row]:
    found = [row for row in ROWS if row.name in (only or [one.name for one in ROWS])]
    if foreign is not None:
        impossible = [row.name for row in found if only and not row.any_app]
        if impossible:
            raise click.UsageError(f"Not with --app: {', '.join(impossible)}.")
        found = [row for row in found if row.any_app]
    return found if heroku and foreign is None else [row.without(HEROKU_LOCAL) for row in found]


def _measured(chosen: Sequence[Row], counts: rounds.Counts, foreign: Own | None) -> Report:
    """Take the rows; a run that is broken off still reports the figures it has."""
    figures, machine = Figures(), MachineFacts.of_this_machine()
    with tempfile.TemporaryDirectory(prefix="localku-bench-", ignore_cleanup_errors=True) as name, _cleaning() as stack:
        stand = Stand(Path(name).resolve(), stack, _tell, foreign)
        try:
            for row in chosen:
                for side in row.sides:
                    stand.find(side)
            rounds.take(chosen, stand.find, counts, _tell, figures)
        except KeyboardInterrupt:
            _tell("Interrupted: the figures so far.")
            figures.failed["the whole run"] = "interrupted"
    return Report(chosen, figures, counts, machine, stand.missing)


@contextlib.contextmanager
def _cleaning() -> Iterator[contextlib.ExitStack]:
    """Give a stack that no signal keeps from being unwound; one before is as Ctrl-C."""
    for one in ENDINGS:
        signal.signal(one, signal.default_int_handler)
    with contextlib.ExitStack() as stack:
        try:
            yield stack
        finally:
            _tell("Cleaning up")
            for one in ENDINGS:
                signal.signal(one, signal.SIG_IGN)


def _tell(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main()
