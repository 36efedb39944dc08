"""Joins this terminal to a container's: raw keys, window size, or plain pipes."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localku.platform.dynos.attached_dyno import Connection, Stream


CHUNK = 65536


def join(connection: Connection) -> None:
    """Be the client of a one-off dyno."""
    if connection.tty:
        join_terminal(connection.stream, connection.resize, connection.touched)
    else:
        join_pipes(connection.stream, connection.touched)


def join_terminal(stream: Stream, resize: Callable[[int, int], None], touched: Callable[[], None]) -> None:
    """Carry bytes both ways, the terminal in raw mode, until the process is over; `touched` is called for each."""
    with _raw_terminal(), _following_size(resize):
        watched = [stream.fileno(), sys.stdin.fileno()]
        while True:
            ready, _, _ = select.select(watched, [], [])
            touched()
            if stream.fileno() in ready:
                data = stream.receive()
                if not data:
                    return
                _write(sys.stdout.fileno(), data)
            if sys.stdin.fileno() in ready:
                keys = os.read(sys.stdin.fileno(), CHUNK)
                if keys:
                    stream.send(keys)
                else:  # the terminal is gone
                    watched.remove(sys.stdin.fileno())


def join_pipes(stream: Stream, touched: Callable[[], None]) -> None:
    """Carry stdin in, stdout and stderr out, until the process is over; `touched` is called for each piece."""
    sender = threading.Thread(target=_send_stdin, args=(stream, touched), daemon=True)
    sender.start()
    for number, data in stream.frames():
        touched()
        _write(sys.stdout.fileno() if number == 1 else sys.stderr.fileno(), data)


def _send_stdin(stream: Stream, touched: Callable[[], None]) -> None:
    with contextlib.suppress(OSError):  # the process may end before it has read all of its input
        while data := os.read(sys.stdin.fileno(), CHUNK):
            touched()
            stream.send(data)
        stream.end_input()


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


@contextlib.contextmanager
def _raw_terminal() -> Iterator[None]:
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    tty.setraw(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _following_size(resize: Callable[[int, int], None]) -> Iterator[None]:
    def changed(*_: object) -> None:
        size = os.get_terminal_size(sys.stdout.fileno())
        resize(size.lines, size.columns)

    before = signal.signal(signal.SIGWINCH, changed)
    try:
        changed()
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
