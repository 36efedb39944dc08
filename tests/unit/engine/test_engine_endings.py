"""The engine's events, and many streams at once."""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import unix_engine
from unix_engine import UnixEngine

from localku.engine import endings, labels
from localku.engine.client import Engine
from localku.engine.endings import Endings

Heard = tuple[str, str]
BACK = ("", "back")


def event(app: str | None, container: str, what: str = "die") -> dict[str, Any]:
    attributes = {labels.HOME: "h1"} | ({labels.APP: app} if app else {})
    return {"Type": "container", "Action": what, "Actor": {"ID": container, "Attributes": attributes}}


class Events:
    """What the engine tells whoever listens; `end` ends the stream."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.queue: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def __call__(self, handler: Any) -> None:
        self.asked.append({key: value[0] for key, value in parse_qs(urlsplit(handler.path).query).items()})
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while (found := self.queue.get(timeout=20)) is not None:
            raw = json.dumps(found).encode() + b"\n"
            handler.wfile.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")
        handler.hang_up()

    def end(self) -> None:
        self.queue.put(None)


@pytest.fixture
def events(server: UnixEngine) -> Iterator[Events]:
    made = Events()
    server.answers["GET /events"] = made
    yield made
    made.end()


@pytest.fixture
def heard() -> queue.Queue[Heard]:
    return queue.Queue()


@pytest.fixture
def listening(server: UnixEngine, heard: queue.Queue[Heard], monkeypatch: pytest.MonkeyPatch) -> Iterator[Endings]:
    monkeypatch.setattr(endings, "RETRY", 0.02)
    made = Endings(Engine(server.url), "h1", lambda app, one: heard.put((app, one)), lambda: heard.put(BACK))
    made.start()
    yield made
    made.stop()


def test_an_ending_is_told_with_its_app_and_container(
    listening: Endings, events: Events, heard: queue.Queue[Heard]
) -> None:
    assert heard.get(timeout=20) == BACK
    events.queue.put(event("uuid-1", "c1"))
    events.queue.put(event(None, "c2"))
    events.queue.put({"Type": "container"})
    events.queue.put(event("uuid-2", "c3", "oom"))
    assert [heard.get(timeout=20) for _ in range(2)] == [("uuid-1", "c1"), ("uuid-2", "c3")]
    filters = json.loads(events.asked[0]["filters"])
    assert filters["label"] == [f"{labels.HOME}=h1"]
    assert filters["type"] == ["container"]
    assert {"die", "oom"} <= set(filters["event"])


def test_who_listens_when_the_engine_goes_listens_again_when_it_is_back(
    listening: Endings, server: UnixEngine, events: Events, heard: queue.Queue[Heard]
) -> None:
    assert heard.get(timeout=20) == BACK
    del server.answers["GET /events"]
    events.end()
    with pytest.raises(queue.Empty):
        heard.get(timeout=0.3)
    server.answers["GET /events"] = events
    assert heard.get(timeout=20) == BACK
    events.queue.put(event("uuid-1", "c1"))
    assert heard.get(timeout=20) == ("uuid-1", "c1")


def test_an_engine_that_is_not_there_yet_is_waited_for(
    tmp_path: Path, heard: queue.Queue[Heard], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "RETRY", 0.02)
    late = tmp_path / "late.sock"
    made = Endings(Engine(f"unix://{late}"), "h1", lambda app, one: heard.put((app, one)), lambda: heard.put(BACK))
    made.start()
    with pytest.raises(queue.Empty):
        heard.get(timeout=0.2)
    server, events = UnixEngine(late), Events()
    server.answers["GET /events"] = events
    assert heard.get(timeout=20) == BACK
    made.stop()
    events.end()
    server.stop()


def test_who_stops_hears_nothing_more_and_leaves_no_thread(
    listening: Endings, events: Events, heard: queue.Queue[Heard]
) -> None:
    assert heard.get(timeout=20) == BACK
    threads = [one for one in threading.enumerate() if one.name == "endings"]
    listening.stop()
    for one in threads:
        one.join(20)
    assert not any(one.is_alive() for one in threads)
    listening.stop()


STREAMS = 40


class Barrier:
    """Answers when so many ask at once."""

    def __init__(self) -> None:
        self._all = threading.Barrier(STREAMS)

    def __call__(self, handler: Any) -> None:
        self._all.wait(20)
        handler.reply(200, {})


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_many_streams_at_once_wait_for_nobody_and_keep_their_connections(
    server: UnixEngine, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers["GET /info"] = Barrier()
    with unix_engine.address(server, kind) as address, caplog.at_level(logging.WARNING):
        api = Engine(address).api
        for _ in range(2):
            asking = [threading.Thread(target=api.info) for _ in range(STREAMS)]
            for one in asking:
                one.start()
            for one in asking:
                one.join(20)
                assert not one.is_alive()
    assert caplog.messages == []
