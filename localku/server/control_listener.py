"""Where commands connect to control: each connection is greeted, and served in a thread of its own."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from localku.control.codec import Garbled
from localku.control.control_connection import Connection
from localku.control.messages import Hello

HELLO_SECONDS = 10.0
"""Real seconds for a client to say hello in."""

PAUSE = 0.2
"""Seconds until the next attempt where there are no descriptors left."""

_log = logging.getLogger(__name__)


class Listener:
    """`serve` is called with each connection that has been greeted with `hello`; it is closed after."""

    def __init__(self, door: socket.socket, hello: Callable[[], Hello], serve: Callable[[Connection], None]) -> None:
        self._door = door
        self._hello = hello
        self._serve = serve
        self._turn = threading.Lock()
        self._open: set[Connection] = set()
        self._closed = False
        self._greeted = 0

    def start(self) -> None:
        threading.Thread(target=self._accept, name="listener", daemon=True).start()

    @property
    def connections(self) -> int:
        """How many clients there are now, greeted or not."""
        with self._turn:
            return len(self._open)

    @property
    def greeted(self) -> int:
        """How many clients there have been; most stay for less time than passes between two looks."""
        return self._greeted

    @property
    def clients(self) -> int:
        """The same without those that have hung up just now, which the next command does not wait for."""
        with self._turn:
            return sum(not one.is_over for one in self._open)

    def close_if_quiet(self) -> bool:
        """Let nobody in any more, unless somebody is in; whoever connects from now on is hung up on before hello."""
        with self._turn:
            self._closed = not self._open
            return self._closed

    def close(self) -> None:
        """Let nobody in any more; whoever is in stays."""
        with self._turn:
            self._closed = True

    def open(self) -> None:
        """Let clients in again."""
        with self._turn:
            self._closed = False

    def _accept(self) -> None:
        self._door.setblocking(True)  # noqa: FBT003
        while self._door.fileno() >= 0:
            try:
                joined, _ = self._door.accept()
            except OSError:
                if self._door.fileno() >= 0:
                    _log.exception("no client can connect")
                    time.sleep(PAUSE)
                continue
            connection = Connection(joined)
            threading.Thread(target=self._receive, args=(connection,), name="client", daemon=True).start()

    def _receive(self, connection: Connection) -> None:
        try:
            if self._let_in(connection) and self._greet(connection):
                self._serve(connection)
        except (OSError, Garbled) as error:
            _log.info("a client went away: %s", error)
        except Exception:  # noqa: BLE001 - logged: one client must not end them all
            _log.exception("a client was not served")
        finally:
            with self._turn:
                self._open.discard(connection)
            with suppress(OSError):
                connection.close()

    def _let_in(self, connection: Connection) -> bool:
        with self._turn:
            if not self._closed:
                self._open.add(connection)
            return not self._closed

    def _greet(self, connection: Connection) -> bool:
        if not connection.is_ours() or not isinstance(connection.receive(HELLO_SECONDS), Hello):
            return False
        connection.send(self._hello())
        with self._turn:
            self._greeted += 1
        return True
