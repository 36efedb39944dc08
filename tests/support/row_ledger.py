"""Writes rows one after the other, and knows outside the database which of them it has acknowledged."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TABLE = "CREATE TABLE IF NOT EXISTS ledger (n bigint PRIMARY KEY, told text NOT NULL)"
PAUSE = 0.02
"""Seconds after an attempt that failed."""


@dataclass
class RowLedger:
    """`acknowledged` are committed; of `unknown` the connection was lost before the answer came."""

    url: str
    acknowledged: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)
    failures: int = 0
    """Attempts that found no server, or one that refused."""
    _next: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write in a thread until the block ends."""
        with psycopg.connect(self.url, autocommit=True) as database:
            database.execute(TABLE)
        self._over.clear()
        thread = threading.Thread(target=self._write, name="ledger")
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def wait(self, more: int = 20, seconds: float = 120) -> None:
        """Until so many more rows are acknowledged."""
        least, deadline = len(self.acknowledged) + more, time.monotonic() + seconds
        while len(self.acknowledged) < least:
            assert time.monotonic() < deadline, f"{len(self.acknowledged)} of {least} rows after {seconds} s"
            time.sleep(0.01)

    def forget(self, but: Iterable[int] = ()) -> None:
        """A restore has taken the place of what was acknowledged, but of these rows."""
        gone = self.acknowledged - set(but)
        self.unknown |= gone
        self.acknowledged -= gone

    def balance(self) -> list[str]:
        """What is wrong, in a sentence each: rows that were acknowledged and are gone, and rows nobody wrote."""
        with psycopg.connect(self.url, autocommit=True) as database:
            found = {int(row[0]) for row in database.execute("SELECT n FROM ledger").fetchall()}
        lost = self.acknowledged - found
        strange = found - self.acknowledged - self.unknown
        return [
            *([f"{len(lost)} acknowledged rows are gone, the first is {min(lost)}"] if lost else []),
            *([f"{len(strange)} rows were never written, the first is {min(strange)}"] if strange else []),
        ]

    def _write(self) -> None:
        while not self._over.is_set():
            try:
                with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as database:
                    while not self._over.is_set():
                        self._row(database)
            except psycopg.Error:
                self.failures += 1
                self._over.wait(PAUSE)

    def _row(self, database: psycopg.Connection[tuple[object, ...]]) -> None:
        number, self._next = self._next, self._next + 1
        self.unknown.add(number)
        database.execute("INSERT INTO ledger VALUES (%s, %s)", (number, f"row {number}"))
        self.acknowledged.add(number)
        self.unknown.discard(number)
