"""Drains against receivers that know Logplex's framing and nothing else."""

from __future__ import annotations

import base64
import re
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.receivers import HttpReceiver, Message, SyslogReceiver

from localku.clock import SystemClock
from localku.errors import LocalkuError
from localku.logs.app_log import AppLog
from localku.logs.cursor import Position
from localku.logs.drains import address, connect, frames
from localku.logs.drains.backlog import BATCH_BYTES, BUFFER
from localku.logs.drains.courier import Courier, Post
from localku.logs.line import LogLine
from localku.logs.progress import Progress
from localku.records import Drain
from localku.router.tls import issuing

NOW = datetime(2024, 6, 5, 11, 12, 35, 48384, tzinfo=UTC)
TOKEN = "d.fc6b856b-3332-4546-93de-7d0ee272c3bd"

Run = Callable[[str], Courier]


@pytest.fixture(scope="module")
def authority() -> issuing.Authority:
    return issuing.new_authority(issuing.LOCALHOST, datetime.now(UTC))


def server_side(authority: issuing.Authority) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(suffix=".pem") as chain:
        chain.write(authority.issue(("localhost",), datetime.now(UTC)))
        chain.flush()
        made.load_cert_chain(chain.name)
    return made


@pytest.fixture
def log(tmp_path: Path) -> AppLog:
    made = AppLog(tmp_path / "log")
    made.write("app", "api", "before the drain was added")
    return made


@pytest.fixture
def run(log: AppLog, tmp_path: Path, authority: issuing.Authority) -> Iterator[Run]:
    """Start a courier to a URL, time running fifty times as fast; every courier is stopped at the end."""
    couriers: list[Courier] = []
    bundle = authority.certificate_pem()
    growth, ended = log.growth(), threading.Event()

    def watch() -> None:
        while not ended.wait(0.01):
            if growth.since_last_look():
                for courier in couriers:
                    courier.stir()

    def start(url: str) -> Courier:
        post = Post(log, tmp_path / "drains", SystemClock(50), lambda: connect.trust(bundle))
        couriers.append(Courier(post, Drain("one", 1, url, TOKEN, NOW)))
        couriers[-1].start()
        return couriers[-1]

    watching = threading.Thread(target=watch)
    watching.start()
    yield start
    ended.set()
    watching.join()
    for courier in couriers:
        courier.stop()
        courier.join(20)
        assert not courier.is_alive()


def stopped(courier: Courier) -> None:
    courier.stop()
    courier.join(20)


def wait(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def own_lines(log: AppLog) -> list[str]:
    """What the courier has said in the app's log."""
    return [f"{line.source}: {line.message}" for line in log.history(1500) if line.proc in {"logplex", "drain"}]


@pytest.mark.parametrize(
    ("source", "proc", "pri"),
    [
        ("heroku", "router", 158),
        ("heroku", "web.1", 45),
        ("app", "web.1", 190),
        ("app", "api", 190),
        ("app", "heroku-postgres", 134),
        ("heroku", "logplex", 172),
    ],
)
def test_the_bytes_of_a_message(source: str, proc: str, pri: int) -> None:
    line = LogLine(NOW, source, proc, "grüße")
    text = f"<{pri}>1 2024-06-05T11:12:35.048384+00:00 host {source} {proc} - grüße\n".encode()
    assert frames.http_frame(line) == f"{len(text)} ".encode() + text
    text = f"<{pri}>1 2024-06-05T11:12:35.048384+00:00 {TOKEN} {source} {proc} - - grüße\n".encode()
    assert frames.syslog_frame(line, TOKEN) == f"{len(text)} ".encode() + text


def test_an_https_drain(log: AppLog, run: Run, authority: issuing.Authority) -> None:
    with HttpReceiver(server_side(authority)) as receiver:
        run(receiver.url("us%40er:s3cret@"))
        log.write("app", "web.1", "hello\n\nworld", NOW)
        log.write("localku", "web.1", "what Heroku has no words for")
        receiver.wait(lambda it: len(it.lines) == 3)
        log.write("heroku", "router", "at=info")
        receiver.wait(lambda it: len(it.lines) == 4)
        assert receiver.messages[0] == Message(190, "2024-06-05T11:12:35.048384+00:00", "host", "app", "web.1", "hello")
        assert receiver.lines == ["app[web.1]: hello", "app[web.1]: ", "app[web.1]: world", "heroku[router]: at=info"]
        first, second = receiver.posts[0], receiver.posts[-1]
        assert first.path == "/logs?x=1"
        assert [key for key, _ in first.headers] == [
            "Host",
            "Content-Type",
            "Logplex-Msg-Count",
            "Logplex-Frame-Id",
            "Logplex-Drain-Token",
            "User-Agent",
            "Content-Length",
            "Authorization",
        ]
        assert re.fullmatch("[0-9A-F]{32}", first.header("Logplex-Frame-Id"))
        assert first.header("Host") == f"localhost:{receiver.port}"
        assert first.header("Content-Type") == "application/logplex-1"
        assert first.header("Logplex-Drain-Token") == TOKEN
        assert first.header("User-Agent").startswith("Logplex/v")
        assert first.header("Authorization") == "Basic " + base64.b64encode(b"us@er:s3cret").decode()
        assert len({first.header("Logplex-Frame-Id"), second.header("Logplex-Frame-Id")}) == 2
        assert receiver.connections == 1
    assert own_lines(log) == []


def test_a_batch_is_sent_again_under_its_id_until_it_is_taken(log: AppLog, run: Run, tmp_path: Path) -> None:
    with HttpReceiver() as receiver:
        receiver.answers.extend([503, 500, 302])
        run(receiver.url())
        log.write("app", "web.1", "once")
        receiver.wait(lambda it: it.lines == ["app[web.1]: once"])
        assert [post.answered for post in receiver.posts] == [503, 500, 302, 204]
        assert len({(post.header("Logplex-Frame-Id"), post.body) for post in receiver.posts}) == 1
        wait(lambda: Progress(tmp_path / "drains", "one").load() is not None)
    assert own_lines(log) == [
        f"localku: {receiver.url()} does not accept the log: it answered 503 Service Unavailable"
    ] + [
        f"localku: {receiver.url()} does not accept the log: it answered {said}"
        for said in ("500 Internal Server Error", "302 Found")
    ]


def test_what_is_refused_for_good_is_dropped_and_told(log: AppLog, run: Run) -> None:
    with HttpReceiver() as receiver:
        receiver.answers.append(403)
        url = receiver.url("u:s3cret@")
        run(url)
        log.write("app", "web.1", "refused")
        receiver.wait(lambda it: len(it.posts) == 1)
        log.write("app", "web.1", "taken")
        receiver.wait(lambda it: it.lines == ["app[web.1]: taken"])
    told = url.replace("s3cret", "***")
    assert own_lines(log) == [
        f"localku: {told} does not accept the log: it answered 403 Forbidden; what is sent to it is lost"
    ]


def test_a_certificate_nobody_vouches_for_is_l14(log: AppLog, run: Run, tmp_path: Path) -> None:
    stranger = issuing.new_authority(issuing.LOCALHOST, datetime.now(UTC))
    with SyslogReceiver(server_side(stranger)) as receiver:
        courier = run(receiver.url())
        log.write("app", "web.1", "secret")
        wait(lambda: courier._failures > 2)
        assert receiver.lines == []
        uri = receiver.url()
    told, because = own_lines(log)
    assert told == f'heroku: Error L14 (certificate validation): error="unknown ca" uri="{uri}"'
    assert because.startswith(f"localku: {uri} does not accept the log: its certificate is not trusted: ")


@pytest.mark.parametrize("secure", [False, True])
def test_a_syslog_drain(log: AppLog, run: Run, authority: issuing.Authority, *, secure: bool) -> None:
    with SyslogReceiver(server_side(authority) if secure else None) as receiver:
        run(receiver.url())
        log.write("heroku", "web.1", "State changed from starting to up", NOW)
        receiver.wait(lambda it: len(it.lines) == 1)
        text = "State changed from starting to up"
        stamp = "2024-06-05T11:12:35.048384+00:00"
        assert receiver.messages == [Message(45, stamp, TOKEN, "heroku", "web.1", text)]
        receiver.hang_up()
        log.write("app", "web.1", "after the hang-up")
        receiver.wait(lambda it: len(it.lines) == 2)
        assert len(receiver.streams) == 2


def test_more_than_the_buffer_holds_is_l10(log: AppLog, run: Run) -> None:
    with HttpReceiver() as receiver:
        url, port = receiver.url(), receiver.port
    courier = run(url)
    log.write("app", "web.1", "first")
    wait(lambda: courier._failures > 0)
    dropped = 176
    for start in range(0, BUFFER + dropped, 100):
        log.write("app", "web.1", "\n".join(str(number) for number in range(start, start + 100)))
    wait(lambda: courier._backlog.loss is not None and courier._backlog.loss.dropped == dropped)
    with HttpReceiver(port=port) as receiver:
        receiver.wait(lambda it: len(it.lines) == 1 + 1 + BUFFER)
        first, overflow, *rest = receiver.messages
    assert first.text == "first"
    assert (overflow.pri, overflow.source, overflow.proc) == (172, "heroku", "logplex")
    assert overflow.text.startswith(f"Error L10 (output buffer overflow): {dropped} messages dropped since 20")
    assert overflow.text.endswith("+00:00.")
    assert [message.text for message in rest] == [str(number) for number in range(dropped, dropped + BUFFER)]
    assert own_lines(log) == [
        f"localku: {url} does not accept the log: Connection refused",
        f"heroku: {overflow.text}",
    ]


def test_no_batch_is_larger_than_logplexs(log: AppLog, run: Run) -> None:
    with HttpReceiver() as receiver:
        run(receiver.url())
        log.write("app", "web.1", "y" * 250_000)
        receiver.wait(lambda it: len(it.lines) == 25)
        sizes = [len(post.body) for post in receiver.posts]
    assert max(sizes) <= BATCH_BYTES
    assert sum(sizes) > 250_000


def test_nothing_is_lost_or_doubled_between_two_couriers(log: AppLog, run: Run, tmp_path: Path) -> None:
    Progress(tmp_path / "drains", "one").save(log.end())
    log.write("app", "api", "before the first start")
    with HttpReceiver() as receiver:
        courier = run(receiver.url())
        receiver.wait(lambda it: len(it.lines) == 1)
        log.write("app", "web.1", "its last words")
        stopped(courier)
        assert receiver.lines[1:] == ["app[web.1]: its last words"]
        log.write("app", "api", "while nothing ran")
        run(receiver.url())
        receiver.wait(lambda it: len(it.lines) >= 3)
        assert receiver.lines[2:] == ["app[api]: while nothing ran"]


def test_lines_that_were_trimmed_before_they_could_be_sent_are_l10_too(log: AppLog, run: Run, tmp_path: Path) -> None:
    Progress(tmp_path / "drains", "one").save(log.end())
    log.write("app", "web.1", "\n".join(["x" * 9_000] * 7_999 + ["the last"]))
    with HttpReceiver() as receiver:
        run(receiver.url())
        receiver.wait(lambda it: any(b"the last" in post.body for post in it.posts[-2:]))
        assert receiver.messages[0].pri == 172
        said = receiver.messages[0].text
        dropped = int(said.partition(" messages dropped")[0].rpartition(" ")[2])
        assert 0 < dropped < 2_000
        assert sum("x" * 9_000 in line or "the last" in line for line in receiver.lines) == 8_000 - dropped


def test_progress_that_is_damaged_is_none(tmp_path: Path) -> None:
    progress = Progress(tmp_path, "one")
    assert progress.load() is None
    progress.save(Position(3, 70))
    assert Progress(tmp_path, "one").load() == Position(3, 70)
    (tmp_path / "one").write_text("")
    assert progress.load() is None
    progress.forget()
    progress.forget()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://h/p?q=1", ("h", 443, "/p?q=1", "h")),
        ("https://h:8443", ("h", 8443, "/", "h:8443")),
        ("http://[::1]:80/x", ("::1", 80, "/x", "[::1]")),
        ("syslog://h", ("h", 514, "/", "h")),
        ("syslog+tls://h:1", ("h", 1, "/", "h:1")),
    ],
)
def test_addresses(url: str, parts: tuple[Any, ...]) -> None:
    found = address.parse(url)
    assert (found.host, found.port, found.target, found.authority) == parts


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "ftp://h",
        "https://",
        "https://h:0x",
        "https://h:99999",
        "https://a b/",
        "https://a..b/",
        "syslog:h:1",
        "https://h/\n",
        r"http://a\r\nb/",
        "https://h/a\\b",
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(LocalkuError, match="The drain's URL is invalid"):
        address.parse(url)
