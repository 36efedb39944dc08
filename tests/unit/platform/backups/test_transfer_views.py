"""The words and fields of Heroku's CLI (heroku 11.10.0, lib/pg/backups.js) and data API."""

import pytest
from transfers_kit import transfer

from localku.platform.backups import transfer_views as views
from localku.transfer_records import Transfer, TransferKind, TransferStatus

FAILED, CANCELED, RUNNING = TransferStatus.FAILED, TransferStatus.CANCELED, TransferStatus.RUNNING


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0.00B"), (512, "512.00B"), (1024, "1.00KB"), (2694840, "2.57MB"), (5 << 30, "5.00GB")],
)
def test_sizes(count: int, text: str) -> None:
    assert views.size(count) == text


@pytest.mark.parametrize(
    ("one", "long", "short"),
    [
        (transfer(1), "Completed 2024-06-05 11:13:37 +0000", "Completed"),
        (transfer(1, warnings=2), "Finished with 2 warnings", "Finished with 2 warnings"),
        (transfer(1, status=FAILED), "Failed 2024-06-05 11:13:37 +0000", "Failed"),
        (transfer(1, status=CANCELED), "Canceled 2024-06-05 11:13:37 +0000", "Canceled"),
        (transfer(1, status=RUNNING, finished_at=None, size=2048), "Running (processed 2.00KB)", "Running"),
    ],
)
def test_statuses(one: Transfer, long: str, short: str) -> None:
    assert (views.status(one), views.short_status(one)) == (long, short)


def test_compression_is_what_the_cli_computes() -> None:
    assert views.compression(transfer(1, size=20, source_bytes=100)) == " (80% compression)"
    assert views.compression(transfer(1, size=120, source_bytes=100)) == " (0% compression)"
    assert views.compression(transfer(1, size=20)) == " (0% compression)"


@pytest.mark.parametrize(
    ("kind", "name", "ends"),
    [
        (TransferKind.BACKUP, "b012", ("pg_dump", "gof3r", None)),
        (TransferKind.SCHEDULED, "a012", ("pg_dump", "gof3r", {})),
        (TransferKind.RESTORE, "r012", ("gof3r", "pg_restore", None)),
        (TransferKind.COPY, "c012", ("pg_dump", "pg_restore", None)),
    ],
)
def test_the_cli_reads_the_same_name_from_the_fields(kind: TransferKind, name: str, ends: tuple[object, ...]) -> None:
    view = views.transfer(transfer(12, kind))
    assert view["name"] == name
    assert (view["from_type"], view["to_type"], view["schedule"]) == ends
    assert view["num"] == 12


def test_logs_come_where_they_are_asked_for() -> None:
    one = transfer(1, logs=("a", "b"))
    assert "logs" not in views.transfer(one)
    assert [row["message"] for row in views.transfer(one, logs=True)["logs"]] == ["a", "b"]
