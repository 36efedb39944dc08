"""The connection: one file, WAL, one connection per thread, short transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from localku.errors import CLIENT, Kind, LocalkuError, kind_of

Step = str | Callable[[sqlite3.Connection, Path], None]
"""Statements, or a function of the connection and the state folder that may be called again after it was killed."""

BUSY_SECONDS = 15.0
"""How long a writer waits for another process's transaction."""


def tell_nobody() -> None:
    """Nobody waits for changes."""


class Database:
    def __init__(
        self,
        file: Path,
        migrations: Sequence[Step],
        committed: Callable[[], None] = tell_nobody,
        migrating: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """`migrations` are the steps from one version of the tables to the next.

        `committed` is called after each transaction, which may have changed something; tables that are there are
        brought up to date within `migrating`.
        """
        self._file = file
        self._migrations = migrations
        self._committed = committed
        self._migrating = migrating
        self._local = threading.local()
        self._migrate()

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with _explained(self._file):
            return self._connection().execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        with _explained(self._file):
            found = self._connection().execute(sql, values).fetchone()
        return found if isinstance(found, sqlite3.Row) else None

    def run(self, sql: str, *values: Any) -> int:
        """Execute one statement in its transaction; return the id of the row it inserted."""
        with self.transaction() as connection:
            return connection.execute(sql, values).lastrowid or 0

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        if connection.in_transaction:
            yield connection
            return
        with _explained(self._file):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.OperationalError):  # SQLite itself has rolled back where the disk is full
                    connection.execute("ROLLBACK")
                raise
        self._committed()

    def close(self) -> None:
        """Close this thread's connection: SQLite's are not to be carried into a forked process."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is not None:
            found.close()
            del self._local.connection

    def version(self) -> int:
        """A number that changes when another connection has committed something."""
        with _explained(self._file):
            return int(self._connection().execute("PRAGMA data_version").fetchone()[0])

    def changed_since(self, version: int) -> bool:
        """Whether another connection has committed something since `version` was this thread's; False if unknown."""
        with suppress(LocalkuError):
            return self.version() != version
        return False

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._open()
            self._local.connection = found
        return found

    def _open(self) -> sqlite3.Connection:
        with _explained(self._file):
            connection = sqlite3.connect(self._file, timeout=BUSY_SECONDS, isolation_level=None)
            try:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA foreign_keys = ON")
            except BaseException:
                connection.close()
                raise
        return connection

    def _migrate(self) -> None:
        with _explained(self._file):
            self._file.touch(mode=0o600)  # before SQLite makes it: its journal takes the mode over
            done = int(self._connection().execute("PRAGMA user_version").fetchone()[0])
        if done > len(self._migrations):
            raise LocalkuError(
                f"The state in {self._file} was written by a newer localku.",
                "Use that version, or another folder with LOCALKU_HOME.",
                kind=Kind.CONFLICT,
            )
        if done == len(self._migrations):
            return
        with self._migrating() if done else nullcontext(), self.transaction() as locked:
            done = int(locked.execute("PRAGMA user_version").fetchone()[0])
            for number, script in enumerate(self._migrations[done:], start=done + 1):
                _step(locked, script, self._file.parent)
                locked.execute(f"PRAGMA user_version = {number}")


def _step(connection: sqlite3.Connection, step: Step, home: Path) -> None:
    if callable(step):
        step(connection, home)
    else:
        execute(connection, step)


def execute(connection: sqlite3.Connection, script: str) -> None:
    """Execute several statements in the transaction there is: sqlite3's own `executescript` would commit it."""
    statement = ""
    for piece in script.split(";"):
        statement += f"{piece};"
        if sqlite3.complete_statement(statement):  # the body of a trigger has semicolons of its own
            connection.execute(statement)
            statement = ""


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Raise LocalkuError where the file is at fault; what a caller did wrong stays sqlite3's own error."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except (sqlite3.DatabaseError, OSError) as error:
        raise _explanation(file, error) from error


def _is_full(folder: Path) -> bool:
    """Whether its disk has no room: SQLite says no more than that it cannot write where its shared memory has none."""
    found = os.statvfs(folder)
    return found.f_bavail == 0 or found.f_ffree == 0 < found.f_files


def _explanation(file: Path, error: sqlite3.DatabaseError | OSError) -> LocalkuError:
    text = str(error.strerror if isinstance(error, OSError) else error)
    if "full" in text or "No space left" in text or ("disk I/O" in text and _is_full(file.parent)):
        return LocalkuError(f"The disk with {file} is full.", "Free some space and try again.")
    if "locked" in text:
        return LocalkuError(
            f"Another localku has locked {file} for too long.", "Try again in a moment.", kind=Kind.CONFLICT
        )
    if "malformed" in text or "not a database" in text:
        return LocalkuError(
            f"{file} is damaged: {text}.",
            f"Move it away: databases and images stay in the engine, and the next `{CLIENT} up` creates a new one.",
        )
    kind = kind_of(error) if isinstance(error, OSError) else Kind.FORBIDDEN if "readonly" in text else Kind.FAILED
    return LocalkuError(f"{file} cannot be used: {text}.", "Set LOCALKU_HOME to use another folder.", kind=kind)
