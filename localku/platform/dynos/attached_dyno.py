"""A one-off dyno with a client attached to it: a terminal, pipes, or a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from localku.context import Context
from localku.dyno.dyno_order import DynoOrder
from localku.dyno.oneoff_monitor import Client
from localku.engine.engine_errors import NotFound
from localku.platform.dynos import oneoff
from localku.records import App

EVERY = 0.1
"""Seconds between two looks at a dyno whose client is gone."""


class Stream(Protocol):
    """The dyno's standard input and output on one socket."""

    def fileno(self) -> int: ...

    def send(self, data: bytes) -> None: ...

    def end_input(self) -> None:
        """Tell the process that its standard input is over."""

    def receive(self) -> bytes:
        """Read what has come; empty when the process is over. Of a dyno with a tty only."""

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """Yield (1, stdout) and (2, stderr) pieces until the process is over. Of a dyno without a tty."""

    def hang_up(self) -> None:
        """End the conversation both ways, whoever waits for it just now."""


@dataclass(frozen=True)
class Connection:
    """What a client has of its dyno: bytes both ways, and with a `tty` the size of its window (rows, columns).

    `touched` is to be called for each piece of bytes: a dyno without any for an hour is stopped.
    """

    stream: Stream
    tty: bool
    resize: Callable[[int, int], None]
    touched: Callable[[], None]


@dataclass(frozen=True)
class Ended:
    """`status` is the command's exit status; a dyno that ignored the end of its client `runs_on`, with status 1.

    `farewell` is what the client was told to end by, None where the dyno ended first.
    """

    status: int
    runs_on: bool = False
    farewell: SystemExit | None = None


def run_attached(
    context: Context, app: App, dyno: DynoOrder, join: Callable[[Connection], None], shown: Callable[[], None]
) -> Ended:
    """Run the dyno to its end; `join` carries the bytes, and raises SystemExit when the client is to go.

    A dyno whose client goes away gets SIGHUP; one that ignores that runs on with a process of its own to look after
    it (https://devcenter.heroku.com/articles/one-off-dynos). `shown` is called just before its start.
    """
    with oneoff.attached(context, app, dyno) as container:
        stream = context.engine.containers.attach_socket(container)
        client = Client(context.clock.monotonic(), stream.hang_up)
        shown()
        oneoff.announce(context.log(app), dyno, awaited=True)
        with oneoff.started(context, app, dyno, client) as monitor:
            farewell = _join(context, container, _connection(context, container, stream, dyno, client), client, join)
            if client.gone:
                _wait(context, container, client)
            if client.ignored.is_set():
                context.store.oneoffs.detach(app, dyno.name)
        if not client.ignored.is_set():
            return Ended(oneoff.finish(context, app, monitor), farewell=farewell)
    context.keep_detached(context)
    return Ended(1, runs_on=True, farewell=farewell)


def _connection(context: Context, container: str, stream: Stream, dyno: DynoOrder, client: Client) -> Connection:
    def touched() -> None:
        client.active = context.clock.monotonic()

    def resize(rows: int, columns: int) -> None:
        context.engine.containers.resize(container, rows, columns)

    return Connection(stream, dyno.tty, resize, touched)


def _join(
    context: Context, container: str, connection: Connection, client: Client, join: Callable[[Connection], None]
) -> SystemExit | None:
    """Carry bytes until the process is over, or until the client's own end is wanted, which is returned."""
    try:
        join(connection)
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
