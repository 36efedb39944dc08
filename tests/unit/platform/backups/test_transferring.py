"""Every transfer ends in its row, however it ends."""

import threading

import pytest

from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.backups import backup_files, transferring
from localku.platform.backups.transferring import Canceled, Order
from localku.records import App
from localku.transfer_records import Transfer, TransferKind, TransferStatus

BACKUP = Order(TransferKind.BACKUP, "the-addon", "DATABASE", "")


def unheard(_transfer: Transfer, _count: int) -> None:
    pass


def only(context: Context, app: App) -> Transfer:
    (found,) = context.store.transfers.of(app)
    return found


def test_one_that_succeeds_keeps_what_was_learnt(context: Context, app: App) -> None:
    heard = []
    with transferring.transferring(context, app, BACKUP, lambda one, count: heard.append((one.name, count))) as run:
        assert only(context, app).status is TransferStatus.RUNNING
        assert backup_files.is_at_work(context, app, run.transfer)
        assert list(run.count([b"ab", b"cde"])) == [b"ab", b"cde"]
        run.said.add(b"one\ntwo")
        run.checksum, run.source_bytes, run.warnings = "ff", 77, 2
    found = only(context, app)
    assert (found.status, found.size, found.source_bytes, found.warnings) == (TransferStatus.COMPLETED, 5, 77, 2)
    assert (found.checksum, found.logs, found.target) == ("ff", ("one", "two"), "b001")
    assert heard == [("b001", 0), ("b001", 2), ("b001", 5)]
    assert list(backup_files.folder(context, app).iterdir()) == []


def test_one_that_fails_says_why(context: Context, app: App) -> None:
    def make() -> None:
        with transferring.transferring(context, app, BACKUP, unheard) as run:
            run.said.add(b"pg_dump: so far\n")
            raise LocalkuError("no room", "Free some.")

    with pytest.raises(LocalkuError, match="no room"):
        make()
    assert only(context, app).status is TransferStatus.FAILED
    assert only(context, app).logs == ("pg_dump: so far", "no room", "Free some.")


def test_ctrl_c_cancels(context: Context, app: App) -> None:
    with pytest.raises(KeyboardInterrupt), transferring.transferring(context, app, BACKUP, unheard):
        raise KeyboardInterrupt
    assert only(context, app).status is TransferStatus.CANCELED


def test_who_is_cancelled_from_elsewhere_stops_waiting(
    context: Context, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends the waiting makes the tool fail; that is the cancellation and no failure."""
    monkeypatch.setattr(transferring, "LOOK", 0.01)
    stopped = threading.Event()

    def make() -> None:
        with transferring.transferring(context, app, BACKUP, unheard) as run:
            run.interrupt = stopped.set
            context.store.transfers.cancel(run.transfer)
            assert stopped.wait(20)
            raise LocalkuError("pg_dump failed: terminating connection")

    with pytest.raises(Canceled, match="b001 was canceled"):
        make()
    assert only(context, app).status is TransferStatus.CANCELED


def test_the_next_piece_is_not_passed_on_once_it_is_cancelled(context: Context, app: App) -> None:
    def make() -> None:
        with transferring.transferring(context, app, BACKUP, unheard) as run:
            for _ in run.count([b"ab", b"cde"]):
                run.canceled.set()

    with pytest.raises(Canceled):
        make()
    assert only(context, app).size == 2
