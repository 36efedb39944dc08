"""Links are answered over HTTP: as a client sees it."""

import http.client
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from fake_engine import FakeClock

from localku.context import Context
from localku.platform.backups import backup_files, link_signatures
from localku.records import App
from localku.server.backup_work import BackupWork
from localku.server.link_server import LinkServer
from localku.transfer_records import Transfer, TransferKind, TransferStatus

DATA = b"PGDMP" + bytes(range(256)) * 4000


@pytest.fixture
def backup(context: Context, app: App) -> Transfer:
    ident = "b4607019-9f0b-4ccb-a7bf-90ecb9a55b67"
    now = context.clock.now()
    made = Transfer(
        ident, app.id, 1, TransferKind.BACKUP, "db", "DATABASE", "b001", TransferStatus.RUNNING, now, now, 0, len(DATA)
    )
    context.store.transfers.add(made)
    backup_files.file(context, app, made).write_bytes(DATA)
    ended = replace(made, status=TransferStatus.COMPLETED)
    context.store.transfers.end(ended)
    return ended


@pytest.fixture
def links(context: Context) -> Iterator[LinkServer]:
    made = LinkServer(context)
    yield made
    made.close()


def asked(links: LinkServer, target: str, method: str = "GET") -> tuple[int, bytes, str | None]:
    connection = http.client.HTTPConnection("127.0.0.1", links.port(), timeout=20)
    connection.request(method, target)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body, answer.headers["Content-Length"]


def good(context: Context, backup: Transfer) -> str:
    return link_signatures.path(context, backup, context.clock.now() + timedelta(hours=1))


def test_the_whole_file_comes_or_only_its_length(context: Context, links: LinkServer, backup: Transfer) -> None:
    assert asked(links, good(context, backup)) == (200, DATA, str(len(DATA)))
    assert asked(links, good(context, backup), "HEAD") == (200, b"", str(len(DATA)))


def test_what_is_no_link_is_refused(context: Context, links: LinkServer, backup: Transfer) -> None:
    assert asked(links, f"{good(context, backup)}0")[:2] == (403, b"The signature is not the link's.\n")
    assert asked(links, "/")[0] == 404
    assert asked(links, good(context, backup), "POST")[0] == 501
    context.store.transfers.delete(backup)
    assert asked(links, good(context, backup))[0] == 404


def test_the_next_server_listens_where_links_of_before_lead(
    context: Context, links: LinkServer, backup: Transfer
) -> None:
    port = links.port()
    links.close()
    later = LinkServer(context)
    assert later.port() == port
    taken = LinkServer(context)
    assert taken.port() != port
    later.close()
    taken.close()


def test_it_is_needed_while_a_link_is_good(context: Context, clock: FakeClock, backup: Transfer) -> None:
    work = BackupWork(context, lambda *_: None)
    assert not work.is_needed()
    context.store.transfers.publish(backup, context.clock.now() + timedelta(hours=1))
    assert work.is_needed()
    clock.later(3601)
    assert not work.is_needed()
