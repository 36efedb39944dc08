"""`localku ps` and `localku ps:wait`."""

from __future__ import annotations

import time
from typing import Any

import click

from localku.cli.options import app_option, context_and_app, json_option
from localku.cli.terminal import note, say, show_json
from localku.errors import LocalkuError
from localku.states import DynoState

EVERY = 0.2
"""Seconds between two looks of `ps:wait`."""


@click.command()
@app_option
@json_option
@click.argument("types", nargs=-1, metavar="[TYPE]...")
def ps(types: tuple[str, ...], name: str | None, *, as_json: bool) -> None:
    """List the app's dynos, or those of some process types."""
    from localku import locks
    from localku.platform import oneoff

    context, app = context_and_app(name)
    oneoff.adopt_lost(context, app)
    dynos = _chosen(sorted(context.store.dynos.of(app.id), key=_order), types)
    oneoffs = _chosen(oneoff.running(context, app), types)
    missing = [kind for kind in types if kind not in {dyno.type for dyno in (*dynos, *oneoffs)}]
    if missing:
        raise LocalkuError(f"No {missing[0]} dynos on {app.name}")
    if as_json:
        show_json([*(_as_json(dyno) for dyno in dynos), *(_oneoff_json(dyno) for dyno in oneoffs)])
        return
    if not dynos and not oneoffs:
        say(f"No dynos on {app.name}.")
        return
    if dynos and locks.holder(context.store.folder(app) / "supervisor.lock") is None:
        note(f" !     {app.name}'s supervisor exited unexpectedly; these dynos are unsupervised.")
        note(" !     `localku up` adopts them, `localku down` stops them.")
    _show_oneoffs(context, oneoffs)
    _show_formation(context, dynos)


def _chosen(dynos: Any, types: tuple[str, ...]) -> list[Any]:
    return [dyno for dyno in dynos if not types or dyno.type in types]


def _order(dyno: Any) -> tuple[str, int]:
    return dyno.type, int(dyno.name.partition(".")[2])


def _show_oneoffs(context: Any, dynos: list[Any]) -> None:
    from localku.dyno import dyno_sizes

    for kind in dict.fromkeys(dyno.type for dyno in dynos):
        members = [dyno for dyno in dynos if dyno.type == kind]
        say(f"=== {kind}: one-off processes ({len(members)})\n")
        for dyno in members:
            say(f"{dyno.name} ({dyno_sizes.shown(dyno.size)}): {_state(context, dyno)}: {dyno.command}")
        say("")


def _show_formation(context: Any, dynos: list[Any]) -> None:
    from localku.dyno import dyno_sizes

    for kind, command in dict.fromkeys((dyno.type, dyno.command) for dyno in dynos):
        members = [dyno for dyno in dynos if (dyno.type, dyno.command) == (kind, command)]
        say(f"=== {kind} ({dyno_sizes.shown(members[0].size)}): {command} ({len(members)})\n")
        for dyno in members:
            say(f"{dyno.name}: {_state(context, dyno)}")
        say("")


def _state(context: Any, dyno: Any) -> str:
    return f"{dyno.state} {dyno.since.astimezone():%Y/%m/%d %H:%M:%S %z} ({_ago(context, dyno)})"


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
        "exit_status": getattr(dyno, "exit_status", None),
    }


def _oneoff_json(dyno: Any) -> dict[str, Any]:
    return {**_as_json(dyno), "detached": dyno.detached}


@click.command()
@app_option
@click.option("-t", "--type", "kind", metavar="TYPE", help="Wait for the dynos of this process type.")
@click.option("-R", "--with-run", is_flag=True, help="Wait for one-off dynos too.")
def ps_wait(kind: str | None, name: str | None, *, with_run: bool) -> None:
    """Wait until all dynos are up and run the newest release."""
    from localku import locks

    context, app = context_and_app(name)
    told = ""
    while True:
        newest = next(one for one in context.store.releases.all(app) if one.status != "failed")
        dynos = _waited_for(context, app, kind, with_run=with_run)
        ready = [
            dyno for dyno in dynos if dyno is not None and dyno.state is DynoState.UP and dyno.release >= newest.version
        ]
        if len(ready) == len(dynos) and newest.status == "succeeded":
            if told:
                note(f"{told}{len(ready)} / {len(dynos)}, done")
            return
        if locks.holder(context.store.folder(app) / "supervisor.lock") is None:
            raise LocalkuError(f"{app.name} is not running.", "`localku up` starts its dynos.")
        if not told:
            told = f"Waiting for every dyno to be running v{newest.version}... "
            note(f"{told}{len(ready)} / {len(dynos)}")
        time.sleep(EVERY)


def _waited_for(context: Any, app: Any, kind: str | None, *, with_run: bool) -> list[Any]:
    """One entry per dyno that is wanted: what is known of it, None where that is nothing yet."""
    from localku.platform import formation, oneoff

    slug = context.store.releases.current_slug(app)
    entries = formation.wanted(context, app, slug.process_types) if slug else ()
    known = {dyno.name: dyno for dyno in context.store.dynos.of(app.id)}
    dynos = [
        known.get(f"{entry.type}.{number}")
        for entry in entries
        for number in range(1, entry.quantity + 1)
        if kind in {None, entry.type}
    ]
    others = oneoff.running(context, app) if with_run and kind is None else ()
    return [*dynos, *(dyno for dyno in others if dyno.type == "run")]
