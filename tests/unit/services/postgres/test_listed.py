"""pg_restore --list is given as much of an archive as it reads, and whoever gives it waits no longer than that."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self, cast

import pytest

from localku.services.postgres.moving import restoring
from localku.services.postgres.moving.tools import Server, ToolFailed

READS = 3
"""Pieces, after which it has its table of contents and ends."""


@dataclass
class Listing:
    """A pg_restore that ends after some pieces; what is sent then is stuck until somebody hangs up."""

    status: int = 0
    said: bytes = b""
    got: list[bytes] = field(default_factory=list)
    input_ended: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)

    def open(self, *_: object, **__: object) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hung_up.set()

    def begin(self) -> None:
        pass

    def send(self, piece: bytes) -> None:
        if len(self.got) == READS:
            assert self.hung_up.wait(10), "stuck"
            raise BrokenPipeError
        self.got.append(piece)
        if len(self.got) == READS:
            self.ended.set()

    def end_input(self) -> None:
        self.input_ended.set()
        self.ended.set()

    def frames(self) -> Iterator[tuple[int, bytes]]:
        assert self.ended.wait(10)
        yield 2, self.said

    def exit_status(self) -> int:
        return self.status


def test_of_a_large_archive_only_the_beginning_is_sent() -> None:
    made = Listing()
    restoring.listed(cast("Server", made), itertools.repeat(b"piece", 1000))
    assert made.got == [b"piece"] * READS


def test_of_a_small_one_the_end_is_told() -> None:
    made = Listing()
    restoring.listed(cast("Server", made), [b"piece"])
    assert made.input_ended.is_set()


def test_what_it_cannot_read_is_a_failure() -> None:
    made = Listing(1, b"pg_restore: error: did not find magic string in file header\n")
    with pytest.raises(ToolFailed, match="did not find magic string"):
        restoring.listed(cast("Server", made), itertools.repeat(b"piece", 1000))
