"""What is measured by requests: the first right answer, and Heroku's API for its own command."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from watchdog.events import DirModifiedEvent, FileModifiedEvent, FileOpenedEvent

from benchmarks import stopwatch
from benchmarks.contenders import heroku_command, watch_trigger
from benchmarks.contenders.watch_trigger import Saved


@dataclass
class Wanted:
    note: str
    page: str = "/at"
    asked: list[str] = field(default_factory=list)

    def process(self, page: str) -> str | None:
        return page.rpartition(" by ")[2]


@contextmanager
def pages(answers: list[tuple[int, str]], asked: list[str]) -> Iterator[int]:
    """Serve them in turn, the last again and again."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = answers.pop(0) if len(answers) > 1 else answers[0]
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_only_a_page_with_the_newest_note_from_another_process_counts() -> None:
    answers = [(503, "edition 2 by b"), (200, "edition 1 by b"), (200, "edition 2 by a"), (302, "edition 2 by b")]
    asked: list[str] = []
    with pages(answers, asked) as port:
        stopwatch.until_answer(port, "x.localhost", Wanted("edition 2"), time.perf_counter(), but_not_from="a")
    assert asked == ["/at"] * 4


def test_page_that_never_comes_is_a_failure_with_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopwatch, "ANSWER_SECONDS", 0.05)
    with pages([(200, "edition 1 by a")], []) as port, pytest.raises(stopwatch.CommandFailed) as failed:
        stopwatch.until_answer(port, "x.localhost", Wanted("edition 2"), time.perf_counter())
    assert failed.value.reason == "edition 1 by a"


def test_failed_command_says_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(stopwatch.CommandFailed) as failed:
        stopwatch.run(["sh", "-c", "echo one; echo two >&2; exit 3"], tmp_path)
    assert "exit status 3\none\ntwo" in str(failed.value)
    assert failed.value.reason == "two"


def test_heroku_config_asks_the_api_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "heroku"
    script.write_text('#!/bin/sh\necho "$HEROKU_HOST" "$@" > "$HOME/said"\n')
    script.chmod(0o755)
    monkeypatch.setattr(heroku_command, "find", lambda: [str(script)])
    heroku = heroku_command.HerokuCommand(tmp_path / "home")
    try:
        heroku.prepare()
        host, *arguments = (tmp_path / "home/said").read_text().split()
        assert arguments == ["config", "--app", "shelf"]
        with urllib.request.urlopen(f"{host}/apps/shelf/config-vars") as answer:
            assert json.load(answer) == heroku_command.CONFIG_VARS
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{host}/account")
    finally:
        heroku.close()


def test_several_events_of_one_save_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_trigger, "SETTLED", 0.7)
    saved = Saved(tmp_path)
    woken = threading.Semaphore(0)

    def watch() -> None:
        while True:
            saved.wait()
            woken.release()

    threading.Thread(target=watch, daemon=True).start()
    for event in (
        DirModifiedEvent(str(tmp_path)),
        FileOpenedEvent(str(tmp_path / "a")),
        FileModifiedEvent(str(tmp_path / ".git" / "index")),
    ):
        saved.on_any_event(event)
    assert not woken.acquire(timeout=0.3)
    for _ in range(3):
        saved.on_any_event(FileModifiedEvent(str(tmp_path / "a")))
    assert woken.acquire(timeout=30)
    assert not woken.acquire(timeout=0.9)
