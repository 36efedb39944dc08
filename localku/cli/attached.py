"""A one-off dyno with this process as its client."""

from __future__ import annotations

from collections.abc import Callable

from localku.cli.attach import join_pipes, join_terminal
from localku.cli.terminal import note
from localku.context import Context
from localku.dyno.dyno_order import DynoOrder
from localku.dyno.minder import Client
from localku.engine.engine_errors import NotFound
from localku.engine.two_way import TwoWay
from localku.platform import detached_launcher, oneoff
from localku.store.records import App

EVERY = 0.1
"""Seconds between two looks at a dyno whose client is gone."""


def attend(context: Context, app: App, dyno: DynoOrder, shown: Callable[[], None]) -> int:
    """Run the dyno with our input and output; return its exit status. `shown` is called just before its start.

    A dyno whose client goes away gets SIGHUP; one that ignores that runs on with a keeper of its own (R16).
    """
    with oneoff.attached(context, app, dyno) as container:
        stream = context.engine.containers.attach_socket(container)
        client = Client(context.clock.monotonic(), stream.hang_up)
        shown()
        oneoff.announce(context.log(app), dyno, awaited=True)
        with oneoff.started(context, app, dyno, client) as minder:
            farewell = _join(context, container, stream, dyno, client)
            if client.gone:
                _wait(context, container, client)
            if client.ignored.is_set():
                context.store.oneoffs.detach(app, dyno.name)
        if not client.ignored.is_set():
            status = oneoff.finish(context, app, minder)
    if client.ignored.is_set():
        detached_launcher.launch(context, app, dyno.name)
        note(
            f" !     {dyno.name} keeps running without a client; `localku ps:stop {dyno.name} -a {app.name}` stops it."
        )
        status = 1
    if farewell is not None:
        raise farewell
    return status


def _join(context: Context, container: str, stream: TwoWay, dyno: DynoOrder, client: Client) -> SystemExit | None:
    """Carry bytes until the process is over, or until our own end is wanted, which is returned."""

    def touched() -> None:
        client.active = context.clock.monotonic()

    try:
        if dyno.tty:
            join_terminal(
                stream, lambda rows, columns: context.engine.containers.resize(container, rows, columns), touched
            )
        else:
            join_pipes(stream, touched)
    except SystemExit as end:
        client.gone = True
        return end
    if not client.gone:
        context.engine.containers.wait(container)
    return None


def _wait(context: Context, container: str, client: Client) -> None:
    while not client.ignored.wait(EVERY):
        try:
            if not context.engine.containers.inspect(container).running:
                return
        except NotFound:
            return
