"""What the list says of transfers, whatever has become of the processes and files behind them."""

import pytest
from transfers_kit import begun, kept

from localku import locks
from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.backups import backup_files, transfers
from localku.records import App
from localku.transfer_records import TransferKind, TransferStatus


def test_one_whose_process_was_killed_is_told_as_failed_and_its_part_is_gone(context: Context, app: App) -> None:
    left = begun(context, app, 1)
    backup_files.part(context, app, left).write_bytes(b"PGDMP half of")
    (found,) = transfers.of(context, app)
    assert (found.status, found.logs) == (TransferStatus.FAILED, ("The process that made it was killed.",))
    assert found.finished_at is not None
    assert not backup_files.part(context, app, left).exists()


def test_a_file_that_was_renamed_before_the_kill_is_no_backup(context: Context, app: App) -> None:
    left = begun(context, app, 1)
    backup_files.file(context, app, left).write_bytes(b"PGDMP all of it")
    with pytest.raises(LocalkuError, match="did not complete successfully"):
        transfers.good(context, app, "b001")
    assert not backup_files.file(context, app, left).exists()


def test_one_that_somebody_makes_is_left_alone(context: Context, app: App) -> None:
    running = begun(context, app, 1)
    backup_files.part(context, app, running).write_bytes(b"PGDMP half of")
    with locks.held(backup_files.lock(context, app, running.id), "busy"):
        (found,) = transfers.of(context, app)
        assert found.status is TransferStatus.RUNNING
        assert backup_files.part(context, app, running).exists()


@pytest.mark.parametrize("data", [None, b"PGDMP", b"PGDMP of it and more"])
def test_a_backup_whose_file_is_gone_or_has_another_length_is_not_good(
    context: Context, app: App, data: bytes | None
) -> None:
    made = kept(context, app, 1)
    path = backup_files.file(context, app, made)
    path.unlink() if data is None else path.write_bytes(data)
    (found,) = transfers.of(context, app)
    assert found.status is TransferStatus.FAILED
    assert found.logs == ("Its file is gone, or not whole.",)
    with pytest.raises(LocalkuError, match="No backups on"):
        transfers.good(context, app, None)


def test_without_a_name_the_newest_whole_one_is_meant(context: Context, app: App) -> None:
    kept(context, app, 1)
    kept(context, app, 2)
    begun(context, app, 3)
    assert transfers.good(context, app, None).name == "b002"
    assert transfers.good(context, app, "b001").name == "b001"


def test_no_number_is_given_twice(context: Context, app: App) -> None:
    transfers.delete(context, app, kept(context, app, 1))
    assert transfers.of(context, app) == ()
    assert context.store.transfers.next_number(app) == 2
    assert list(backup_files.folder(context, app).iterdir()) == []


@pytest.mark.parametrize("name", ["1", "x001", "b", "b001 ", "../b001"])
def test_what_is_no_name_is_refused(context: Context, app: App, name: str) -> None:
    with pytest.raises(LocalkuError, match="Invalid Backup"):
        transfers.find(context, app, name)


def test_a_restore_is_no_backup(context: Context, app: App) -> None:
    begun(context, app, 1, TransferKind.RESTORE)
    with pytest.raises(LocalkuError, match="Backup r001 not found"):
        transfers.good(context, app, "r001")


def test_only_what_runs_can_be_cancelled(context: Context, app: App) -> None:
    kept(context, app, 1)
    running = begun(context, app, 2)
    with locks.held(backup_files.lock(context, app, running.id), "busy"):
        assert transfers.cancel(context, app, None).name == "b002"
        assert context.store.transfers.is_cancelled(running)
        with pytest.raises(LocalkuError, match="is not finished"):
            transfers.delete(context, app, running)
    with pytest.raises(LocalkuError, match="No active backups"):
        transfers.cancel(context, app, "b001")


def test_a_damaged_file_is_noticed_where_it_is_read(context: Context, app: App) -> None:
    path = backup_files.file(context, app, kept(context, app, 1))
    with pytest.raises(LocalkuError, match="is damaged"):
        list(backup_files.pieces(path, "0" * 64))
