"""A transfer from its row to its end: whoever is killed, cancelled or refused in between leaves a row that says so."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from localku import locks
from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform.backups import backup_files
from localku.records import App
from localku.services.postgres.moving.tools import Lines
from localku.transfer_records import Transfer, TransferKind, TransferStatus

LOOK = 1.0
"""Real seconds between two looks whether it is cancelled, at which it also tells how far it is."""

Moved = Callable[[Transfer, int], None]
"""Told how many bytes have come through; at its beginning none."""


class Canceled(LocalkuError):
    """Somebody has cancelled the transfer."""

    kind = Kind.CONFLICT


@dataclass(frozen=True)
class Order:
    """What is to be moved; `addon` is the UUID of the database, see `Transfer`."""

    kind: TransferKind
    addon: str
    source: str
    target: str


@dataclass
class Run:
    """A transfer that is being made. What the maker learns of it is kept with its end."""

    context: Context
    transfer: Transfer
    moved: Moved
    said: Lines = field(default_factory=Lines)
    size: int = 0
    source_bytes: int = 0
    checksum: str = ""
    warnings: int = 0
    canceled: threading.Event = field(default_factory=threading.Event)
    interrupt: Callable[[], None] = lambda: None
    """Ends what the maker waits for."""

    def count(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Pass the pieces on and tell of them; raise Canceled between two of them."""
        for piece in pieces:
            self.has_moved(self.size + len(piece))
            yield piece

    def has_moved(self, size: int) -> None:
        """Tell how many bytes have come through so far; raise Canceled where there shall be no more."""
        if self.canceled.is_set():
            raise Canceled(f"{self.transfer.name} was canceled.")
        self.size = size
        self.moved(self.transfer, size)

    def ended(self, status: TransferStatus, *more: str) -> Transfer:
        return replace(
            self.transfer,
            status=status,
            finished_at=self.context.clock.now(),
            size=self.size,
            source_bytes=self.source_bytes,
            checksum=self.checksum,
            warnings=self.warnings,
            logs=(*self.said.all, *more),
        )


@contextmanager
def transferring(context: Context, app: App, order: Order, moved: Moved) -> Iterator[Run]:
    """Make a row, and complete it when the block has ended, or say how it failed."""
    ident = str(uuid.uuid4())
    lock = backup_files.lock(context, app, ident)
    with locks.held(lock, "Another process makes this transfer."):
        run = Run(context, _added(context, app, order, ident), moved)
        moved(run.transfer, 0)
        try:
            with _watched(run):
                yield run
            context.store.transfers.end(run.ended(TransferStatus.COMPLETED))
        except BaseException as error:
            _end(run, error)
            if run.canceled.is_set() and not isinstance(error, Canceled | KeyboardInterrupt):
                hint = error.hint if isinstance(error, LocalkuError) else ""
                raise Canceled(f"{run.transfer.name} was canceled.", hint) from error
            raise
        finally:
            with suppress(OSError):
                lock.unlink()


def _added(context: Context, app: App, order: Order, ident: str) -> Transfer:
    with context.store.db.transaction():
        made = Transfer(
            id=ident,
            app_id=app.id,
            number=context.store.transfers.next_number(app),
            kind=order.kind,
            addon=order.addon,
            source=order.source,
            target=order.target,
            status=TransferStatus.RUNNING,
            created_at=context.clock.now(),
        )
        made = replace(made, target=made.target or made.name)
        context.store.transfers.add(made)
    return made


def _end(run: Run, error: BaseException) -> None:
    """Keep how it has failed; where even that cannot be written, the next look finds nobody at work and says so."""
    stopped = run.canceled.is_set() or isinstance(error, Canceled | KeyboardInterrupt)
    status = TransferStatus.CANCELED if stopped else TransferStatus.FAILED
    why = error.text().splitlines() if isinstance(error, LocalkuError) else [str(error) or type(error).__name__]
    with suppress(LocalkuError):
        run.interrupt()
    with suppress(LocalkuError):
        run.context.store.transfers.end(run.ended(status, *why))


@contextmanager
def _watched(run: Run) -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(run, over), name="transfer", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _watch(run: Run, over: threading.Event) -> None:
    store, told = run.context.store, 0
    try:
        while not over.wait(LOOK):
            with suppress(LocalkuError):
                if run.size != told:
                    told = run.size
                    store.transfers.moved(run.transfer, told)
                if store.transfers.is_cancelled(run.transfer) and not run.canceled.is_set():
                    run.canceled.set()
                    run.interrupt()
    finally:
        store.db.close()
