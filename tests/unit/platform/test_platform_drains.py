"""Delivery while an app runs: drains that come and go, and whom TLS believes."""

from __future__ import annotations

import contextlib
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from support.receivers import HttpReceiver

from localku.context import Context
from localku.errors import LocalkuError
from localku.logs.app_log import AppLog
from localku.platform import drain_couriers, drains
from localku.records import App
from localku.router.tls import issuing


@contextlib.contextmanager
def delivering(context: Context, app: App) -> Iterator[None]:
    """What the server's process of the logs does for an app that is up."""
    couriers, growth, ended = drain_couriers.couriers(context, app), context.log(app).growth(), threading.Event()

    def follow() -> None:
        while not ended.wait(0.05):
            couriers.look()
            if growth.since_last_look():
                couriers.stir()

    following = threading.Thread(target=follow)
    following.start()
    try:
        yield
    finally:
        ended.set()
        following.join()
        couriers.stop()
        couriers.wait(time.monotonic() + 5.0)


def test_drains_come_and_go_while_the_app_runs(context: Context, app: App) -> None:
    log = context.log(app)
    with HttpReceiver() as first, HttpReceiver() as second:
        added = drains.add(context, app, first.url())
        log.write("app", "api", "while nothing ran")
        with delivering(context, app):
            first.wait(lambda it: it.lines == ["app[api]: while nothing ran"])
            kept = drains.add(context, app, second.url())
            log.write("app", "web.1", "for both")
            for receiver in (first, second):
                receiver.wait(lambda it: it.lines[-1:] == ["app[web.1]: for both"])
            drains.remove(context, app, added.id)
            first.wait(lambda it: is_left(it, log))
            log.write("app", "web.1", "last words")
        assert [file.name for file in (context.store.folder(app) / "drains").iterdir()] == [kept.id]
        assert second.lines[-1] == "app[web.1]: last words"
        assert "app[web.1]: last words" not in first.lines


def is_left(receiver: HttpReceiver, log: AppLog) -> bool:
    """Whether a line that is written now does not come any more."""
    seen = len(receiver.lines)
    log.write("app", "web.1", "tick")
    time.sleep(0.3)
    return len(receiver.lines) == seen


def test_a_busy_store_stops_no_drain(context: Context, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpReceiver() as receiver:
        drains.add(context, app, receiver.url())
        with delivering(context, app):
            context.log(app).write("app", "web.1", "one")
            receiver.wait(lambda it: len(it.lines) == 1)

            def busy(_app: App) -> None:
                raise LocalkuError("Another localku has locked it for too long.")

            monkeypatch.setattr(context.store.drains, "of", busy)
            context.log(app).write("app", "web.1", "two")
            receiver.wait(lambda it: len(it.lines) == 2)


@pytest.mark.parametrize("believed", ["by localku's own authority", "by SSL_CERT_FILE", "by nobody"])
def test_whom_tls_believes(
    context: Context, app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, believed: str
) -> None:
    now = datetime.now(UTC)
    authority = issuing.new_authority(issuing.LOCALHOST, now)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(suffix=".pem") as chain:
        chain.write(authority.issue(("localhost",), now))
        chain.flush()
        server.load_cert_chain(chain.name)
    where = context.home / "tls" / "ca.pem" if "own" in believed else tmp_path / "bundle.pem"
    where.parent.mkdir(exist_ok=True)
    where.write_bytes(authority.certificate_pem())
    monkeypatch.setenv("SSL_CERT_FILE", str(where if "SSL" in believed else tmp_path / "none"))
    with HttpReceiver(server) as receiver:
        drains.add(context, app, receiver.url())
        with delivering(context, app):
            context.log(app).write("app", "web.1", "hello")
            if believed == "by nobody":
                receiver.wait(lambda _: "L14" in context.log(app).history(2)[0].message)
            else:
                receiver.wait(lambda it: it.lines == ["app[web.1]: hello"])
