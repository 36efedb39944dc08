import socket
from typing import Any, cast

import pytest
from fake_engine import FakeClock, FakeContainer, FakeEngine

from localku.context import Context
from localku.engine.client import Engine
from localku.engine.spec import ContainerSpec, Publish
from localku.errors import LocalkuError
from localku.logs.app_log import AppLog
from localku.supervisor.dynos import probe
from localku.supervisor.dynos.record_sink import Records
from localku.supervisor.output.journal import Journal
from localku.supervisor.supervisor_limits import Limits


def container(clock: FakeClock) -> FakeContainer:
    return FakeContainer(1, ContainerSpec("x", "x", publish=(Publish(4711, "127.0.0.1"),)), clock)


def test_retries_come_at_once_then_after_10_20_40_seconds_up_to_320() -> None:
    assert [Limits().retry_after(crashes) for crashes in range(8)] == [0, 0, 10, 20, 40, 80, 160, 320]
    assert Limits().retry_after(1000) == 320


def test_a_dyno_is_reached_directly_or_where_its_port_is_published(clock: FakeClock) -> None:
    seen = container(clock).seen()
    assert probe.reachable(seen, 4711, direct=True) == ("172.18.0.9", 4711)
    assert probe.reachable(seen, 4711, direct=False) == ("127.0.0.1", 40001)
    assert probe.reachable(seen, 9, direct=False) is None


@pytest.mark.parametrize("listening", [True, False])
def test_a_port_is_bound_when_it_accepts_connections(engine: FakeEngine, listening: bool) -> None:
    engine.shares_host_network = True
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if listening:
            listener.listen()
        address = listener.getsockname()
        assert probe.accepts(cast("Engine", engine), "c1", address, address[1]) is listening


class FullDisk:
    """A log, or a store's dynos, that cannot be written while the disk is full."""

    def __init__(self) -> None:
        self.full = True
        self.kept: list[Any] = []

    def write(self, *row: object) -> None:
        self._keep(row)

    def save(self, record: object) -> None:
        self._keep(record)

    def forget(self, _app: int, name: str) -> None:
        self._keep(name)

    def _keep(self, what: object) -> None:
        if self.full:
            raise LocalkuError("The disk is full.")
        self.kept.append(what)


def test_the_journal_loses_lines_while_the_disk_is_full_and_owns_up_after() -> None:
    disk = FullDisk()
    journal = Journal(cast("AppLog", disk))
    for text in ("one", "two"):
        journal.write("app", "web.1", text)
    disk.full = False
    journal.write("app", "web.1", "three")
    assert [row[:3] for row in disk.kept] == [
        ("localku", "log", "2 messages were lost here: they could not be written"),
        ("app", "web.1", "three"),
    ]


def test_records_are_written_late_rather_than_never(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    from localku.supervisor.dynos.dyno import fresh_record

    app = context.store.apps.create("one", None, context.clock.now())
    disk = FullDisk()
    monkeypatch.setattr(context.store, "dynos", disk)
    records = Records(context, app)
    first, second = (fresh_record(app, name, context.clock.now()) for name in ("web.1", "web.2"))
    records.save(first)
    records.save(second)
    records.forget("web.2")
    assert records.flush() == "The disk is full."
    disk.full = False
    assert records.flush() is None
    assert disk.kept == [first, "web.2"]
