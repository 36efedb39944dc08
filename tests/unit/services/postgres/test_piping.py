"""pg_dump into pg_restore, in the shell that runs them: two programs that stand for them, and real pipes."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

import pytest

from localku.services.postgres.moving import piping
from localku.services.postgres.moving.dumping import Dump
from localku.services.postgres.moving.restoring import Target
from localku.services.postgres.moving.tools import Lines, Server, ToolFailed

MEGABYTE = 1 << 20
DUMP = 'echo "pg_dump: dumping contents" >&2; head -c 3145728 /dev/zero'
RESTORE = 'echo "pg_restore: creating TABLE" >&2; cat >"$PGDATABASE"'


@dataclass
class Shell:
    """A container's engine, and a command in it."""

    programs: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def server(self) -> Server:
        return Server(cast("Any", self), "c1")

    @property
    def containers(self) -> Self:
        return self

    def put(self, name: str, script: str) -> None:
        file = self.programs / name
        file.write_text(f"#!/bin/bash\n{script}\n")
        file.chmod(0o755)

    def open_exec(self, _container: str, command: tuple[str, ...], *, user: str, env: Mapping[str, str]) -> Self:
        assert user == "postgres"
        here = [word.replace("/usr/lib/postgresql/*/bin", str(self.programs)) for word in command]
        piped = subprocess.PIPE
        self.process = subprocess.Popen(
            here, env={**os.environ, **env}, stdin=piped, stdout=piped, stderr=piped, start_new_session=True
        )
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """As the container's end does."""
        assert self.process
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream
            stream.close()

    def begin(self) -> None:
        pass

    def frames(self) -> Iterator[tuple[int, bytes]]:
        assert self.process
        with selectors.DefaultSelector() as both:
            both.register(cast("Any", self.process.stdout), selectors.EVENT_READ, 1)
            both.register(cast("Any", self.process.stderr), selectors.EVENT_READ, 2)
            while both.get_map():
                for key, _ in both.select():
                    piece = os.read(key.fd, 7)  # no piece is a line
                    if piece:
                        yield key.data, piece
                    else:
                        both.unregister(key.fileobj)

    def exit_status(self) -> int:
        assert self.process
        return self.process.wait()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path)
    made.put("pg_dump", DUMP)
    made.put("pg_restore", RESTORE)
    return made


@dataclass
class Move:
    shell: Shell
    counts: list[int] = field(default_factory=list)
    said: Lines = field(default_factory=Lines)

    def run(self) -> int:
        target = Target("d2", {"PGDATABASE": str(self.shell.programs / "got"), "PGPASSWORD": "to it"})
        dump = Dump({"PGPASSWORD": "from it", "PGUSER": "a"}, ("--dbname=d1",), compressed=False)
        return piping.pipe(self.shell.server, dump, target, self.said, self.counts.append)


def test_all_of_it_goes_through_and_is_counted(shell: Shell) -> None:
    move = Move(shell)
    assert move.run() == 0
    assert (shell.programs / "got").stat().st_size == 3 * MEGABYTE
    assert 3 * MEGABYTE <= move.counts[-1] < 3 * MEGABYTE + 1000
    assert move.counts == sorted(move.counts)
    assert move.said.all == ("pg_restore: creating TABLE",)


def test_each_has_its_own_arguments_and_variables_alone(shell: Shell) -> None:
    tell = '{ echo "$PGUSER $PGPASSWORD"; printf "%s\\n" "$@"; } >"$0.told"'
    shell.put("pg_dump", tell)
    shell.put("pg_restore", f"{tell}; cat")
    Move(shell).run()
    assert (shell.programs / "pg_dump.told").read_text().splitlines() == [
        "a from it",
        "--format=custom",
        "--verbose",
        "--no-password",
        "--compress=0",
        "--dbname=d1",
    ]
    told = (shell.programs / "pg_restore.told").read_text().splitlines()
    assert (told[0].split()[-2:], told[-1]) == (["to", "it"], "--dbname=d2")


def test_a_dump_that_fails_is_told_as_one_though_pg_restore_complains_too(shell: Shell) -> None:
    shell.put("pg_dump", 'echo "pg_dump: error: connection lost" >&2; exit 1')
    shell.put("pg_restore", 'cat; echo "pg_restore: error: input file is too short" >&2; exit 1')
    with pytest.raises(ToolFailed, match="pg_dump failed: connection lost"):
        Move(shell).run()


@pytest.mark.parametrize("dump", [DUMP, "yes"])
def test_a_restore_that_fails_waits_for_no_end_of_the_dump(shell: Shell, dump: str) -> None:
    shell.put("pg_dump", dump)
    shell.put("pg_restore", 'echo "pg_restore: error: no space left on device" >&2; exit 1')
    with pytest.raises(ToolFailed, match="pg_restore failed: no space left on device"):
        Move(shell).run()


def test_what_pg_restore_need_not_read_is_no_failure_of_the_dump(shell: Shell) -> None:
    shell.put("pg_restore", "exit 0")
    assert Move(shell).run() == 0


def test_errors_that_cost_no_row_are_counted(shell: Shell) -> None:
    shell.put("pg_restore", 'cat >/dev/null; echo "pg_restore: warning: errors ignored on restore: 2" >&2; exit 1')
    assert Move(shell).run() == 2


def test_a_restore_that_went_on_with_less_than_all_of_a_dump_is_none(shell: Shell) -> None:
    shell.put("pg_dump", "yes")
    shell.put("pg_restore", 'echo "pg_restore: warning: errors ignored on restore: 2" >&2; exit 1')
    with pytest.raises(ToolFailed, match="pg_dump failed: it ended with status 141"):
        Move(shell).run()


def test_a_shell_that_is_killed_has_moved_nothing(shell: Shell) -> None:
    shell.put("pg_dump", "kill -9 $PPID")
    with pytest.raises(ToolFailed):
        Move(shell).run()


def test_it_ends_with_whoever_has_begun_it(shell: Shell) -> None:
    shell.put("pg_dump", "yes")

    def hang_up(_count: int) -> None:
        assert shell.process
        assert shell.process.stdin
        shell.process.stdin.close()

    dump = Dump({}, (), compressed=False)
    with pytest.raises(ToolFailed):
        piping.pipe(shell.server, dump, Target("d2", {"PGDATABASE": "/dev/null"}), Lines(), hang_up)


def test_who_cancels_it_ends_it(shell: Shell) -> None:
    shell.put("pg_dump", "yes")

    def cancel(_count: int) -> None:
        raise KeyboardInterrupt

    dump = Dump({}, (), compressed=False)
    with pytest.raises(KeyboardInterrupt):
        piping.pipe(shell.server, dump, Target("d2", {"PGDATABASE": "/dev/null"}), Lines(), cancel)
