"""Heroku's line about a database, from what its server has said."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from localku.records import Addon
from localku.services.postgres import metrics, plans, superuser

if TYPE_CHECKING:
    from localku.engine.client import Engine

PLAN = plans.named("standard-0")
GROUPS_2 = (
    "2147483648 ",
    "1073741824 ",
    "anon 104857600 file 943718400 shmem 134217728 ",
    "8:0 rios=3 wios=40 8:16 wios=2",
)
GROUPS_1 = (
    "2147483648 ",
    "1073741824 ",
    "cache 943718400 rss 104857600 shmem 134217728 total_cache 943718400 total_rss 104857600 total_shmem 134217728 ",
    "8:0 Read 3 8:0 Write 42 8:0 Total 45 Total 45",
)


def said(monkeypatch: pytest.MonkeyPatch, *files: str) -> metrics.Metrics:
    row = "|".join(("1873", "687194767", "13", "92", "1", "0.997230001", "0", "0.39 0.32 0.30 2/345 99 ", *files))
    monkeypatch.setattr(superuser, "query", lambda *_: row)
    return metrics.measure(
        cast("Engine", None), "c", cast("Addon", type("A", (), {"database": "d", "role": "u"})), PLAN
    )


@pytest.mark.parametrize("files", [GROUPS_2, GROUPS_1])
def test_names_units_and_order_are_herokus(monkeypatch: pytest.MonkeyPatch, files: tuple[str, ...]) -> None:
    now = said(monkeypatch, *files)
    before = replace(now, reads=3, writes=12)
    assert metrics.line("HEROKU_POSTGRESQL_RED", "postgresql-round-12345", PLAN, now, before, 60.0) == (
        "source=HEROKU_POSTGRESQL_RED addon=postgresql-round-12345 "
        "sample#current_transaction=1873 sample#db_size=687194767bytes sample#db-size-percentage-used=0.01 "
        "sample#tables=13 sample#active-connections=92 sample#waiting-connections=1 sample#max-connections=200 "
        "sample#connections-percentage-used=0.46 sample#index-cache-hit-rate=0.99723 sample#table-cache-hit-rate=0 "
        "sample#load-avg-1m=0.39 sample#load-avg-5m=0.32 sample#load-avg-15m=0.30 "
        "sample#read-iops=0 sample#write-iops=0.5 "
        "sample#memory-total=2097152kB sample#memory-free=1048576kB sample#memory-percentage-used=0.5 "
        "sample#memory-cached=790528kB sample#memory-postgres=233472kB"
    )


def test_what_a_machine_does_not_tell_is_made_up_from_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    now = said(monkeypatch, "max ", "", "anon 1048576 file 2097152 shmem 0", "")
    assert now.memory == metrics.Memory(PLAN.most_memory, 3145728, 2097152, 1048576)
    assert (now.reads, now.writes) == (0, 0)


def test_a_container_that_was_started_anew_counts_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    now = said(monkeypatch, *GROUPS_2)
    found = metrics.line("DATABASE", "x", PLAN, now, replace(now, writes=10**6), 60.0)
    assert re.search(r"sample#write-iops=0 ", found)
