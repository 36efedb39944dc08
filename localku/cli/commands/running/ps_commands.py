"""`localku ps` and `localku ps:wait`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from localku.cli.options import app_option, context_and_app, json_option
from localku.cli.shell import completers
from localku.cli.tables import moment
from localku.cli.terminal import note, say, show_json

if TYPE_CHECKING:
    from datetime import datetime

    from localku.records import DynoRecord, OneOff


@click.command()
@app_option
@json_option
@click.argument("types", nargs=-1, metavar="[TYPE]...", shell_complete=completers.process_types)
def ps(types: tuple[str, ...], name: str | None, *, as_json: bool) -> None:
    """List the app's dynos, or those of some process types."""
    from localku.platform import views
    from localku.platform.dynos import dynos_of_app as verbs
    from localku.platform.releasing import release_ids

    context, app = context_and_app(name)
    found = verbs.listed(context, app, types)
    if as_json:
        ids = release_ids.of(context, app)
        dynos: tuple[DynoRecord | OneOff, ...] = (*found.formation, *found.oneoffs)
        show_json([views.dyno(app, one, ids) for one in dynos])
        return
    if not found.formation and not found.oneoffs:
        say(f"No dynos on {app.name}.")
        return
    if found.formation and not found.supervised:
        note(f" !     {app.name}'s supervisor exited unexpectedly; these dynos are unsupervised.")
        note(" !     `localku up` adopts them, `localku down` stops them.")
    now = context.clock.now()
    _show_oneoffs(found.oneoffs, now)
    _show_formation(found.formation, now)


def _show_oneoffs(dynos: Sequence[OneOff], now: datetime) -> None:
    from localku.dyno import dyno_sizes

    for kind in dict.fromkeys(dyno.type for dyno in dynos):
        members = [dyno for dyno in dynos if dyno.type == kind]
        say(f"=== {kind}: one-off processes ({len(members)})\n")
        for dyno in members:
            say(f"{dyno.name} ({dyno_sizes.shown(dyno.size)}): {_state(dyno, now)}: {dyno.command}")
        say("")


def _show_formation(dynos: Sequence[DynoRecord], now: datetime) -> None:
    from localku.dyno import dyno_sizes

    for kind, command in dict.fromkeys((dyno.type, dyno.command) for dyno in dynos):
        members = [dyno for dyno in dynos if (dyno.type, dyno.command) == (kind, command)]
        say(f"=== {kind} ({dyno_sizes.shown(members[0].size)}): {command} ({len(members)})\n")
        for dyno in members:
            say(f"{dyno.name}: {_state(dyno, now)}")
        say("")


def _state(dyno: DynoRecord | OneOff, now: datetime) -> str:
    return f"{dyno.state} {moment(dyno.since, now)}"


@click.command()
@app_option
@click.option("-t", "--type", "kind", metavar="TYPE", help="Wait for the dynos of this process type.")
@click.option("-R", "--with-run", is_flag=True, help="Wait for one-off dynos too.")
def ps_wait(kind: str | None, name: str | None, *, with_run: bool) -> None:
    """Wait until all dynos are up and run the newest release."""
    from localku.platform.dynos import waiting as dynos

    context, app = context_and_app(name)
    told: list[str] = []

    def waiting(progress: dynos.Progress) -> None:
        told.append(f"Waiting for every dyno to be running v{progress.version}... ")
        note(f"{told[0]}{progress.ready} / {progress.wanted}")

    done = dynos.wait(context, app, kind, with_run=with_run, waiting=waiting)
    if told:
        note(f"{told[0]}{done.ready} / {done.wanted}, done")
