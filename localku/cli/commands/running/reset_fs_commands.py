"""`localku reset-fs`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from localku.cli.options import app_option, context_and_app, json_option
from localku.cli.terminal import console, note, say, show_json
from localku.errors import LocalkuError

if TYPE_CHECKING:
    from localku.ephemeral.report import Report
    from localku.platform.dynos.reset import Reset

SHOWN = 5
"""So many paths are named in a sentence."""


@click.command()
@app_option
@click.option("-d", "--dyno", metavar="DYNO", help="One dyno (web.1) or type (web) instead of all.")
@click.option("--dry-run", is_flag=True, help="Only report.")
@click.option("--check", is_flag=True, help="Only report; exit status 1 if anything worth keeping would be lost.")
@click.option("--ignore", multiple=True, metavar="GLOB", help="Paths to ignore, such as media/** or *.log; repeatable.")
@json_option
def reset_fs(
    name: str | None, dyno: str | None, ignore: tuple[str, ...], *, dry_run: bool, check: bool, as_json: bool
) -> None:
    """Show what the dynos wrote since they started and would lose, then replace them by fresh ones.

    A dyno's filesystem is ephemeral on Heroku: every restart, deploy and config change does this.
    """
    from localku.ephemeral.byte_sizes import count
    from localku.platform import views
    from localku.platform.dynos import reset

    context, app = context_and_app(name)
    seen = reset.look(context, app, dyno, ignore)
    try:
        begun = None if dry_run or check else reset.begin(context, app, seen)
    finally:  # the fresh dynos start meanwhile
        if not as_json:
            _show(seen.reports)
    done = reset.finish(context, app, begun) if begun else None
    if as_json:
        show_json(views.filesystem(app, seen, done))
    elif done is not None:
        _tell(done)
    if check and seen.missed:
        raise LocalkuError(f"{count(len(seen.missed), 'file')} worth keeping would be lost.")


def _show(reports: Sequence[Report]) -> None:
    from localku.cli.ephemeral_table import EphemeralTable

    screen = console()
    for report in reports:
        screen.print(EphemeralTable(report))


def _tell(done: Reset) -> None:
    again, otherwise = done.written_again, done.written_otherwise
    say(f"Restarted: {', '.join(done.dynos)}, in {done.seconds:.1f} s")
    if again:
        say(f"Back by itself, unchanged: {_several(again)}")
    if otherwise:
        say(f"Written again, with different content: {_several(otherwise)}")
    say("Everything else is gone." if again or otherwise else "The files are gone.")
    if done.status is not None:
        say(f"The app answers again: GET / returned {done.status}")
    elif done.has_web:
        note(" !     The app did not answer GET /")


def _several(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
