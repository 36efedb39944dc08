"""pg_dump into pg_restore in one shell: what a database holds goes from server to server, and not through localku."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from localku.services.postgres.moving import restoring
from localku.services.postgres.moving.dumping import Dump
from localku.services.postgres.moving.restoring import Target
from localku.services.postgres.moving.tools import BUFFERED, USER, Lines, Server, ToolFailed

_SCRIPT = r"""
programs=$(echo /usr/lib/postgresql/*/bin) last=$1; shift
count() {
  while read -r key written; do
    if [ "$key" = wchar: ]; then printf '\001%s\n' "$written" >&3; fi
  done 2>/dev/null <"/proc/$1/io"
}
with() { for name in $(compgen -v "$1"); do export "${name#"$1"}=${!name}"; done; }
exec 5<&0
( read -r _; kill -TERM 0 ) <&5 >/dev/null 2>&1 &
watching=$!
exec 3>&1 4> >(
  ( with TO_; exec @BUFFERED@ "$programs/pg_restore" "${@:last+1}" ) >/dev/null 3>&-
  status=$?
  if [ "$status" -eq 0 ]; then cat; else head -c 1048576; fi >/dev/null
  exit "$status"
)
restoring=$!
(
  ( with FROM_; exec @BUFFERED@ "$programs/pg_dump" "${@:1:last}" ) >&4 2>&3 3>&- 4>&- &
  dumping=$! ended=
  exec 4>&-
  while [ "$ended" != "$dumping" ]; do
    sleep 0.3 >/dev/null 2>&1 3>&- &
    wait -n -p ended "$!" "$dumping"; dumped=$?
    count "$dumping"
  done
  count "$BASHPID"
  exit "$dumped"
)
dumped=$?
exec 4>&-
wait "$restoring"; printf '\001%s %s\n' "$dumped" "$?" >&3
kill "$watching"
wait "$watching"
""".replace("@BUFFERED@", BUFFERED)
"""Of the variables, those that begin with FROM_ are for pg_dump, those with TO_ for pg_restore.

What pg_dump says goes to standard output, with lines that begin with a 1 in between: how many bytes it has written so
far, as the kernel counts them for it and then for who has waited for it, and at the end both statuses. pg_restore need
not read an archive to its end; where it has failed, nobody waits for the rest of it. All of it ends with standard
input, which is whoever has begun it.
"""

_COUNTS = re.compile(rb"\x01(\d+)(?: (\d+))?\n")

BROKEN_PIPE = 128 + 13
"""The status of a pg_dump that nobody listened to any more."""


@dataclass
class _Heard:
    """What has come of standard output."""

    said: Lines
    moved: Callable[[int], None]
    statuses: tuple[int, int] | None = None
    _rest: bytes = b""

    def add(self, piece: bytes) -> None:
        self._rest += piece
        while match := _COUNTS.search(self._rest):
            before, self._rest = self._rest[: match.start()], self._rest[match.end() :]
            self.said.add(before)
            self._count(match)
        told, mark, begun = self._rest.partition(b"\x01")
        self.said.add(told)
        self._rest = mark + begun

    def _count(self, match: re.Match[bytes]) -> None:
        if match[2] is None:
            self.moved(int(match[1]))
        else:
            self.statuses = int(match[1]), int(match[2])


def pipe(server: Server, dump: Dump, target: Target, said: Lines, moved: Callable[[int], None]) -> int:
    """Move it all; return how many errors pg_restore went over, none of which has cost a row.

    `server` is a container with both tools, that reaches both databases. `moved` is told about how many bytes
    pg_dump has written, and ends it all with what it raises. Raises ToolFailed where rows are missing.
    """
    heard = _Heard(Lines(), moved)
    command = ("/bin/bash", "-c", _SCRIPT, "pipe", str(len(dump.command)), *dump.command, *target.command)
    environment = {**_begin("FROM_", dump.environment), **_begin("TO_", target.environment)}
    with server.engine.containers.open_exec(server.container, command, user=USER, env=environment) as running:
        running.begin()
        for number, piece in running.frames():
            heard.add(piece) if number == 1 else said.add(piece)
        if heard.statuses is None:
            raise ToolFailed("pg_dump", heard.said.all, running.exit_status())
    dumped, restored = heard.statuses
    if dumped not in {0, BROKEN_PIPE}:
        raise ToolFailed("pg_dump", heard.said.all, dumped)
    warnings = restoring.ignored(restored, said.all)
    if dumped != 0:
        raise ToolFailed("pg_dump", heard.said.all, dumped)
    return warnings


def _begin(prefix: str, environment: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}{name}": value for name, value in environment.items()}
