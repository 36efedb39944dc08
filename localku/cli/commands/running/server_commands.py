"""`localku server` and its kin."""

from __future__ import annotations

import dataclasses
import os
import sys
from typing import TYPE_CHECKING

import click

from localku.cli.options import json_option
from localku.cli.terminal import note, say, show_json
from localku.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localku.context import Context
    from localku.control.messages import ProcessStatus
    from localku.control.server_client import Client


@click.command()
@click.option("-d", "--detach", is_flag=True, help="Start it in the background, where it stays until it is stopped.")
def server(*, detach: bool) -> None:
    """Run the server in the foreground, until Ctrl-C, which stops the dynos of all apps.

    Commands that need it start it themselves; it goes 30 seconds after nothing needs it. One that was started by this
    command stays.
    """
    from localku.control import starting
    from localku.opening import open_context

    context = open_context()
    if detach:
        with starting.server(context) as client:
            client.stay()
            say(f"The server runs (process {_parent(client.status().processes)}).")
            _tell_missing_api(context, client)
        return
    from localku.server.children import be_the_server

    note("The server runs here; Ctrl-C ends it, and stops the dynos of all apps.")
    be_the_server(context, by_name=True, watched=os.dup(sys.stderr.fileno()))


def _tell_missing_api(context: Context, server: Client) -> None:
    """Apps run without an API too: that is no failure."""
    from localku.platform import api_address

    if server.hello.api_port is None:
        for line in api_address.missing(context.home).text().splitlines():
            note(f" !     {line}")


def _parent(processes: Iterable[ProcessStatus]) -> int | None:
    return next((one.pid for one in processes if one.name == "parent"), None)


@click.command()
@json_option
def server_status(*, as_json: bool) -> None:
    """Show the server's processes, apps, environment and versions."""
    from localku.cli import server_table
    from localku.opening import open_context
    from localku.platform import api_address
    from localku.server import status_report

    context = open_context()
    found = status_report.asked(context)
    if as_json:
        show_json(dataclasses.asdict(found))
        return
    missing = api_address.missing(context.home).message if found.since and found.api_port is None else ""
    for line in server_table.lines(found, context.clock.now(), missing):
        say(line)


@click.command()
@click.option("-c", "--confirm", "confirmed", is_flag=True, help="Do not ask, though apps are wanted up.")
def server_stop(*, confirmed: bool) -> None:
    """Stop the dynos of all apps, and the server. Apps that are wanted up start again with the next one.

    Containers that wait for the next builds end, too.
    """
    from localku.control import starting
    from localku.opening import open_context
    from localku.platform import housekeeping
    from localku.server import status_report
    from localku.server.apps import stopping

    context = open_context()
    up = status_report.wanted_up(context)
    if up and not confirmed:
        _ask(up)
    was_there = starting.stopped(context, say, stopping.stop_left)
    housekeeping.end_standbys(context)
    say("The server has stopped." if was_there else "No server runs.")


def _ask(names: tuple[str, ...]) -> None:
    what = f"{_count(names)} up: {', '.join(names)}. Their dynos stop, and start again with the next server."
    if sys.stdin.isatty():
        note(f" !     WARNING: {what}")
        if click.confirm(" !     Stop the server?", err=True):
            return
    raise Invalid(f"{what}\nNothing was done.", "To proceed: --confirm")


def _count(names: tuple[str, ...]) -> str:
    return "1 app is wanted" if len(names) == 1 else f"{len(names)} apps are wanted"


@click.command()
@click.option("--api-port", type=click.IntRange(1, 65535), metavar="PORT", help="The API's port from now on.")
def server_restart(api_port: int | None) -> None:
    """Restart the server, with the environment of this command; dynos run on."""
    from localku.control import starting
    from localku.opening import open_context
    from localku.platform import api_address

    context = open_context()
    if api_port is not None:
        api_address.move(context.home, api_port)
    with starting.restarted(context) as client:
        say(f"The server has restarted (process {_parent(client.status().processes)}).")
        _tell_missing_api(context, client)


@click.command()
@click.option("-n", "--num", default=100, show_default=True, type=click.IntRange(0), help="Number of lines.")
@click.option("-t", "--tail", is_flag=True, help="Follow new lines until Ctrl-C.")
def server_logs(num: int, *, tail: bool) -> None:
    """Show what the server's processes have noted of themselves; each app has a log of its own."""
    from localku import paths
    from localku.control import owner
    from localku.server import server_log_reading

    home = paths.home()
    owner.check(home)
    lines, place = server_log_reading.last(home, num)
    for line in lines:
        say(line)
    for line in server_log_reading.follow(home, place) if tail else ():
        say(line)
