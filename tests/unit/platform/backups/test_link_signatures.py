"""Who has a link gets the backup it names, for an hour, and nothing else."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from fake_engine import FakeClock
from transfers_kit import kept

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform.backups import backup_files, link_signatures
from localku.records import App
from localku.transfer_records import Transfer

IDENT = "b4607019-9f0b-4ccb-a7bf-90ecb9a55b67"


@pytest.fixture
def backup(context: Context, app: App) -> Transfer:
    made = kept(context, app, 1)
    context.store.db.run("UPDATE transfers SET id = ?", IDENT)
    found = context.store.transfers.get(IDENT)
    assert found is not None
    assert made.name == found.name
    return found


@pytest.fixture
def link(context: Context, backup: Transfer) -> str:
    return link_signatures.path(context, backup, context.clock.now() + timedelta(hours=1))


def refused(context: Context, link: str) -> Kind:
    with pytest.raises(LocalkuError) as error:
        link_signatures.followed(context, link)
    return error.value.kind


def test_it_leads_to_the_backup(context: Context, app: App, backup: Transfer, link: str) -> None:
    assert re.fullmatch(rf"/backups/{IDENT}/b001\.dump\?expires=\d+&signature=[0-9a-f]{{64}}", link)
    found, file = link_signatures.followed(context, link)
    assert found == backup
    assert file == backup_files.file(context, app, backup)


def test_it_expires(context: Context, clock: FakeClock, link: str) -> None:
    clock.later(3599)
    link_signatures.followed(context, link)
    clock.later(2)
    assert refused(context, link) is Kind.FORBIDDEN


def test_one_that_was_made_while_the_clock_was_ahead_is_good_for_no_day(
    context: Context, clock: FakeClock, backup: Transfer
) -> None:
    ahead = link_signatures.path(context, backup, clock.now() + timedelta(days=1, hours=1))
    assert refused(context, ahead) is Kind.FORBIDDEN
    stepped = link_signatures.path(context, backup, clock.now() + timedelta(hours=1, minutes=2))
    link_signatures.followed(context, stepped)


@pytest.mark.parametrize(
    ("part", "by"),
    [
        ("expires=", "expires=9"),
        ("b001.dump", "b002.dump"),
        (IDENT, "b4607019-9f0b-4ccb-a7bf-90ecb9a55b68"),
        ("signature=", "signature=0"),
        ("signature=", "signature=%FF"),
        ("signature=", "nothing="),
    ],
)
def test_nothing_in_it_can_be_changed(context: Context, link: str, part: str, by: str) -> None:
    assert refused(context, link.replace(part, by)) is Kind.FORBIDDEN


@pytest.mark.parametrize("path", ["/", "/backups/", "/backups/../links.key", "//x/y", "/backups/%2e%2e/b001.dump", ""])
def test_other_paths_lead_nowhere(context: Context, path: str) -> None:
    assert refused(context, path) is Kind.NOT_FOUND


def test_a_backup_that_is_gone_or_not_whole_is_not_served(
    context: Context, app: App, backup: Transfer, link: str
) -> None:
    file = backup_files.file(context, app, backup)
    file.write_bytes(b"PGDMP")
    assert refused(context, link) is Kind.NOT_FOUND
    context.store.transfers.delete(backup)
    assert refused(context, link) is Kind.NOT_FOUND


def test_the_key_is_the_folders_own_and_nobody_elses(context: Context, link: str, tmp_path: Path) -> None:
    key = context.home / "links.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_bytes()) == 32
    key.unlink()
    assert refused(context, link) is Kind.FORBIDDEN
