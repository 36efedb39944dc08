"""`localku ps` and its kin."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import click

from localku.cli.options import app_option, context_and_app, json_option
from localku.cli.terminal import note, say, show_json


@click.command()
@app_option
@json_option
def ps(name: str | None, *, as_json: bool) -> None:
    """List the app's dynos."""
    from localku.platform import locks

    context, app = context_and_app(name)
    dynos = context.store.dynos.of(app.id)
    if as_json:
        show_json([_as_json(dyno) for dyno in dynos])
        return
    if not dynos:
        say(f"No dynos on {app.name}.")
        return
    if locks.holder(context.store.folder(app.name) / "supervisor.lock") is None:
        note(f" !     The localku that ran {app.name} was killed, and nobody looks after these dynos.")
        note(" !     `localku up` takes them over, `localku down` stops them.")
    for kind, group in groupby(dynos, key=lambda dyno: dyno.type):
        members = list(group)
        say(f"=== {kind} ({members[0].size.title()}): {members[0].command} ({len(members)})\n")
        for dyno in members:
            say(f"{dyno.name}: {dyno.state} {dyno.since.astimezone():%Y/%m/%d %H:%M:%S %z} ({_ago(context, dyno)})")
        say("")


def _ago(context: Any, dyno: Any) -> str:
    seconds = max(0, int((context.clock.now() - dyno.since).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"~ {seconds // size}{unit} ago"
    return f"~ {seconds}s ago"


def _as_json(dyno: Any) -> dict[str, Any]:
    return {
        "name": dyno.name,
        "type": dyno.type,
        "state": dyno.state,
        "size": dyno.size,
        "command": dyno.command,
        "release": f"v{dyno.release}",
        "since": dyno.since.isoformat(),
        "exit_status": dyno.exit_status,
    }


@click.command()
@click.argument("changes", nargs=-1, metavar="TYPE=N...")
@app_option
def ps_scale(changes: tuple[str, ...], name: str | None) -> None:
    """Change the formation: web=2, worker+1, web=1:standard-2x; without arguments show it."""
    from localku.platform import formation

    context, app = context_and_app(name)
    slug = context.store.releases.current_slug(app)
    types = slug.process_types if slug else {}
    if not changes:
        entries = formation.wanted(context, app, types)
        say(" ".join(f"{entry.type}={entry.quantity}:{entry.size.title()}" for entry in entries))
        return
    changed = formation.scale(context, app, changes, types)
    now = ", ".join(f"{entry.type} at {entry.quantity}:{entry.size.title()}" for entry in changed)
    note(f"Scaling dynos... done, now running {now}")


@click.command()
@click.argument("dyno", required=False)
@app_option
def ps_restart(dyno: str | None, name: str | None) -> None:
    """Replace one dyno, those of a type, or all by fresh ones."""
    from localku.platform import filesystem

    context, app = context_and_app(name)
    filesystem.restart(context, app, dyno)
    note(f"Restarting {dyno or 'all dynos'} on {app.name}... done")
