"""Links to backups are answered over HTTP: as a client sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from transfers_kit import kept

from localku.context import Context
from localku.platform.backups import link_signatures
from localku.records import App
from localku.transfer_records import Transfer

if TYPE_CHECKING:
    from api_client import Api

DATA = b"PGDMP" + bytes(range(256)) * 4000


@pytest.fixture
def backup(context: Context, app: App) -> Transfer:
    return kept(context, app, 1, DATA)


def good(context: Context, backup: Transfer) -> str:
    return link_signatures.path(context, backup, context.clock.now() + timedelta(hours=1))


def test_the_whole_file_comes_or_only_its_length(api: Api, context: Context, backup: Transfer) -> None:
    reply = api.client.get(good(context, backup))
    assert (reply.status_code, reply.content) == (200, DATA)
    assert reply.headers["content-disposition"] == 'attachment; filename="b001.dump"'
    reply = api.client.head(good(context, backup))
    assert (reply.content, reply.headers["content-length"]) == (b"", str(len(DATA)))


def test_a_part_of_it_comes_to_who_goes_on(api: Api, context: Context, backup: Transfer) -> None:
    reply = api.client.get(good(context, backup), headers={"Range": "bytes=1000-"})
    assert (reply.status_code, reply.content) == (206, DATA[1000:])


def test_what_is_no_link_is_refused(api: Api, context: Context, backup: Transfer) -> None:
    reply = api.client.get(f"{good(context, backup)}0")
    assert (reply.status_code, reply.text) == (403, "The signature is not the link's.\n")
    assert api.client.get("/backups/x/y").status_code == 404
    assert api.client.get(good(context, backup), headers={"Host": "evil.example"}).status_code == 403
    path = good(context, backup)
    context.clock.sleep(3601)
    assert api.client.get(path).status_code == 403
    context.store.transfers.delete(backup)
    assert api.client.get(good(context, backup)).status_code == 404
