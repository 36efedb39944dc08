"""C26: drains get the log framed as Logplex frames it, all of it, and once."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.receivers import HttpReceiver, Receiver, SyslogReceiver

from localku.router.tls import issuing

if TYPE_CHECKING:
    from world import Running, World

PRI = {"heroku[router]": 158, "heroku": 45, "app": 190}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority nobody knows (`ca.pem`), and a server's certificate for localhost from it."""
    folder, now = tmp_path_factory.mktemp("tls"), datetime.now(UTC)
    authority = issuing.new_authority(issuing.LOCALHOST, now)
    (folder / "ca.pem").write_bytes(authority.certificate_pem())
    (folder / "server.pem").write_bytes(authority.issue(("localhost",), now))
    return folder


@pytest.fixture
def tls(world: World, certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """The receiver's side; this machine, and localku's server on it, believe in the authority meanwhile."""
    scale = str(world.scale)
    with monkeypatch.context() as meanwhile:
        meanwhile.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))
        world.ok("server:restart", LOCALKU_CLOCK_SCALE=scale)
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(certificates / "server.pem")
        yield made
    world.ok("server:restart", LOCALKU_CLOCK_SCALE=scale)


def herokus(app: Running) -> list[str]:
    """The app's log from its start to its end, without what localku says in its own name."""
    return before_unset([line for line in app.new_lines() if not line.startswith("localku[")])


def before_unset(lines: list[str]) -> list[str]:
    """Those before the config vars were taken away: what comes later is sent too, while the app is still going down."""
    over = [number for number, line in enumerate(lines) if line.startswith("app[api]: Unset")]
    return lines[: over[0]] if over else lines


def has_all(wanted: list[str]) -> Callable[[Receiver], bool]:
    """Whether a receiver has got the last of these lines: a drain sends nothing more once it is removed."""
    return lambda receiver: before_unset(receiver.lines)[-1:] == wanted[-1:]


def test_an_https_and_a_syslog_tls_drain_receive_the_log(world: World, tls: ssl.SSLContext) -> None:
    with HttpReceiver(tls) as web, SyslogReceiver(tls) as syslog:
        urls = (web.url(), syslog.url())
        for url in urls:
            assert world.ok("drains:add", url) == f"Successfully added drain {url}\n"
        tokens = [line.rpartition("(")[2][:-1] for line in world.ok("drains").splitlines()[2:]]
        with world.running(WEB="python talk.py 25000 300; exec gunicorn echo:app", TOKEN="hunter2") as app:
            app.request("/seen")
            app.router_line("/seen")
        wanted = herokus(app)
        for receiver in (web, syslog):
            receiver.wait(has_all(wanted), world.patience)
        for url in urls:
            world.ok("drains:remove", url)
    assert "hunter2" not in "".join(app.new_lines() + web.lines)
    assert "heroku[web.1]: State changed from starting to up" in wanted
    for receiver in (web, syslog):
        assert before_unset(receiver.lines)[-len(wanted) :] == wanted
        for message in receiver.messages:
            name = f"{message.source}[{message.proc}]"
            assert message.pri == PRI.get(name, PRI[message.source])
    assert {message.host for message in web.messages} == {"host"}
    assert {message.host for message in syslog.messages} == {tokens[1]}
    for post in web.posts:
        assert post.header("Content-Type") == "application/logplex-1"
        assert post.header("Logplex-Drain-Token") == tokens[0]
        assert post.header("Logplex-Frame-Id")
        assert len(post.body) <= 102_400
        assert len(post.messages) == int(post.header("Logplex-Msg-Count"))
    assert len({post.header("Logplex-Frame-Id") for post in web.posts}) == len(web.posts)


def test_kill_9_loses_nothing_and_the_next_start_goes_on(world: World) -> None:
    with HttpReceiver() as receiver:
        world.ok("drains:add", receiver.url())
        with world.running(WEB="gunicorn echo:app") as app:
            app.request("/before")
            app.router_line("/before")
            world.lk.kill()
            world.ok("config:set", "WHILE_NOTHING=ran")
            world.ok("up", "--no-build", "--detach", "--port", str(app.port))
            app.wait_logged("heroku[web.1]: Restarting")
            receiver.wait(lambda it: "heroku[web.1]: Restarting" in it.lines, world.patience)
        wanted = herokus(app)
        receiver.wait(has_all(wanted), world.patience)
        world.ok("drains:remove", receiver.url())
        world.ok("config:unset", "WHILE_NOTHING")
    assert "app[api]: Set WHILE_NOTHING config vars by user localku" in receiver.lines
    distinct = list(dict.fromkeys((one.time, one.line) for one in receiver.messages))
    assert before_unset([line for _, line in distinct])[-len(wanted) :] == wanted
    doubled = len(receiver.messages) - len(distinct)
    assert doubled <= max(len(post.messages) for post in receiver.posts)
