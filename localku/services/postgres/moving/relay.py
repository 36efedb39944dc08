"""A connection from a tool in a container to a server that this machine reaches, and the container may not.

A small program in the container listens on its loopback and hands one connection through, over the standard input and
output that this machine has of it. TLS and passwords are between the tool and the server: they pass as they are.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from localku.errors import LocalkuError

if TYPE_CHECKING:
    from localku.engine.exec_stream import ExecStream
    from localku.services.postgres.moving.tools import Server

PIECE = 1 << 16

_PROGRAM = r"""
use IO::Socket::INET; use IO::Select;
my $listening = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => 0, Proto => "tcp") or die $!;
binmode STDIN; binmode STDOUT;
syswrite STDOUT, $listening->sockport . "\n";
my ($first) = IO::Select->new($listening, \*STDIN)->can_read;
exit 0 if $first != $listening;
my $tool = $listening->accept or die $!;
close $listening;
my $both = IO::Select->new($tool, \*STDIN);
while (1) {
  for my $from ($both->can_read) {
    my $count = sysread $from, my $piece, 65536;
    exit 0 unless $count;
    my ($to, $sent) = ($from == $tool ? \*STDOUT : $tool, 0);
    while ($sent < $count) {
      my $some = syswrite $to, $piece, $count - $sent, $sent;
      exit 0 unless $some;
      $sent += $some;
    }
  }
}
"""


class Relay:
    """Use it in a `with`: `port` is where a tool in the container connects to."""

    def __init__(self, server: Server, outside: socket.socket) -> None:
        """`outside` is connected to the other server, and is closed at the end."""
        self._server = server
        self._outside = outside
        self.port = 0

    def __enter__(self) -> Self:
        try:
            self._inside = self._server.engine.containers.open_exec(
                self._server.container, ("/usr/bin/perl", "-e", _PROGRAM), user="postgres"
            )
            self._inside.begin()
            frames = self._inside.frames()
            self.port = _number(frames)
        except BaseException:
            self._outside.close()
            raise
        threading.Thread(target=self._out, args=(frames,), name="relay", daemon=True).start()
        threading.Thread(target=self._in, args=(self._inside,), name="relay", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._outside.shutdown(socket.SHUT_RDWR)
        self._outside.close()
        self._inside.__exit__(kind, error, trace)

    def _out(self, frames: Iterator[tuple[int, bytes]]) -> None:
        with suppress(OSError):
            for number, piece in frames:
                if number == 1:
                    self._outside.sendall(piece)
        with suppress(OSError):
            self._outside.shutdown(socket.SHUT_WR)

    def _in(self, inside: ExecStream) -> None:
        with suppress(OSError):
            while piece := self._outside.recv(PIECE):
                inside.send(piece)
        with suppress(OSError):
            inside.end_input()


def _number(frames: Iterator[tuple[int, bytes]]) -> int:
    told = b""
    for number, piece in frames:
        told += piece
        if number == 1 and told.endswith(b"\n"):
            return int(told)
    raise LocalkuError(f"No way leads out of the database's container: {told.decode(errors='replace').strip()}")
