"""What is meant for the API goes to no other program, whichever has its port, speaks TLS there, or is a proxy."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from server_kit import LOCALKU, lent, said
from support import port_taker
from support.localku import FIRST_PORT
from transfers_kit import kept

from localku.api import api_token
from localku.control import api_port
from localku.errors import Kind, LocalkuError
from localku.opening import open_context
from localku.platform import api_address, new_apps
from localku.router.tls import issuing

_PORTS = itertools.count()

HANDING_OUT = (
    *("auth:token", "env --shell bash", "git:remote -a shelf", "git:clone -a shelf", "pg:backups:url -a shelf"),
    *("heroku apps", "git:connect heroku URL/shelf.git"),
)


def free_port() -> int:
    """One that the system gives to nobody who connects."""
    return FIRST_PORT + 50 + next(_PORTS)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def home(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder with an app that has a backup, and a CLI on PATH that would leave a file behind."""
    for found in lent(tmp_path / "home", monkeypatch):
        api_port.choose(found, port)
        context = open_context()
        (tmp_path / "shelf").mkdir()
        kept(context, new_apps.create(context, tmp_path / "shelf", "shelf"), 1)
        programs = tmp_path / "programs"
        programs.mkdir()
        (programs / "heroku").write_text(f"#!/bin/sh\nenv >> {tmp_path}/cli\n")
        (programs / "heroku").chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        yield found


def heard(folder: Path) -> bytes:
    file = folder / "heard"
    return file.read_bytes() if file.exists() else b""


def shell(folder: Path) -> dict[str, str]:
    """The environment of a shell that has taken over what `localku env` prints."""
    done = subprocess.run(
        ["bash", "-c", f"{said('env', '--shell', 'bash', cwd=folder)}\nenv -0"], capture_output=True, check=True
    )
    return dict(one.split("=", 1) for one in done.stdout.decode().split("\0") if "=" in one)


def git(folder: Path, environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    quiet = {**environ, "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=quiet, capture_output=True, text=True, timeout=60, check=False
    )
    assert api_token.token(folder / "home") not in done.stdout + done.stderr
    return done


@pytest.fixture
def work(tmp_path: Path, port: int) -> Path:
    """A working copy whose remote is the app's."""
    for command in (
        "git init -q -b main",
        "git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first",
        f"git remote add heroku https://127.0.0.1:{port}/shelf.git",
    ):
        subprocess.run(command.split(), cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize("command", HANDING_OUT)
def test_who_hands_out_the_address_says_who_has_the_port(home: Path, work: Path, port: int, command: str) -> None:
    given = command.replace("URL", api_port.url(port)).split()
    with port_taker.taken(port, work / "heard") as who:
        done = subprocess.run([*LOCALKU, *given], cwd=work, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"The API's port {port} is in use by {who}." in done.stderr
    assert "`localku server:restart --api-port N`" in done.stderr
    assert api_token.token(home) not in done.stderr
    assert heard(work) == b""
    assert not (work / "cli").exists()
    assert git(work, os.environ, "remote", "-v").stdout.count(f"https://127.0.0.1:{port}/shelf.git") == 2


@pytest.mark.usefixtures("home")
def test_a_push_from_a_shell_of_before_reaches_no_other_program(work: Path, port: int) -> None:
    environ = shell(work)
    assert git(work, environ, "push", "--dry-run", "heroku", "main").stderr.endswith("main -> main\n")
    assert said("server:stop", "--confirm") == "The server has stopped.\n"
    with port_taker.taken(port, work / "heard") as who:
        done = git(work, environ, "push", "heroku", "main")
        assert f"The API's port {port} is in use by {who}." in done.stderr
        done = git(work, environ, "ls-remote", f"http://127.0.0.1:{port}/shelf.git")
    assert done.returncode != 0
    assert b"uthorization" not in heard(work)
    assert f"http://127.0.0.1:{port}/.extraHeader" not in str(environ)


def test_a_port_that_was_moved_is_no_longer_spoken_to(home: Path, work: Path, port: int) -> None:
    environ = shell(work)
    other = free_port()
    assert said("server:restart", "--api-port", str(other)).startswith("The server has restarted")
    with port_taker.taken(port, work / "heard"):
        done = git(work, environ, "push", "heroku", "main")
    assert f"localku's API is at http://127.0.0.1:{other}, not at http://127.0.0.1:{port}/shelf.git." in done.stderr
    assert heard(work) == b""
    assert api_port.of(home) == other


def test_nothing_is_moved_to_a_port_that_another_program_has(home: Path, tmp_path: Path, port: int) -> None:
    other = free_port()
    with port_taker.taken(other, tmp_path / "heard") as who:
        told = said("server:restart", "--api-port", str(other))
    assert f"The API's port {other} is in use by {who}." in told
    assert api_port.of(home) == port


def test_who_starts_a_server_without_an_api_hears_so(home: Path, tmp_path: Path, port: int) -> None:
    with port_taker.taken(port, tmp_path / "heard") as who:
        why = f"The API's port {port} is in use by {who}."
        assert f" !     {why}" in said("server", "--detach")
        assert f"\nAPI:    {why}\n" in said("server:status")
        assert f" !     {why}" in said("server:restart")
    assert f"no API: {why}" in said("server:logs")
    told = said("auth:token")
    assert f"The server has no API: port {port} was in use when it started." in told
    assert api_token.token(home) not in told
    said("server:restart")
    assert f"\nAPI:    http://127.0.0.1:{port}\n" in said("server:status")
    assert said("auth:token").endswith(f"{api_token.token(home)}\n")


def test_a_port_that_this_user_may_not_listen_at_is_not_called_taken(
    home: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listen(host: str, number: int) -> list[socket.socket]:
        raise LocalkuError(f"localku cannot listen on {host} port {number}: Permission denied.", kind=Kind.FORBIDDEN)

    monkeypatch.setattr(api_address, "listen", listen)
    with pytest.raises(LocalkuError) as raised:
        api_address.move(home, 80)
    assert raised.value.message.startswith("The API cannot have port 80. localku cannot listen on 127.0.0.1 port 80:")
    assert "server:restart --api-port N" in raised.value.hint
    assert (raised.value.kind, api_port.of(home)) == (Kind.FORBIDDEN, port)


@pytest.mark.usefixtures("home")
def test_git_fetches_from_nobody_without_localku_s_own_certificate(work: Path, port: int) -> None:
    environ = shell(work)
    git(work, environ, "config", "http.sslVerify", "false")
    assert git(work, environ, "ls-remote", "heroku").returncode == 0
    assert said("server:stop", "--confirm") == "The server has stopped.\n"
    certificate = work / "theirs.pem"
    authority = issuing.new_authority(issuing.LOCALHOST, datetime.now(UTC), None)
    certificate.write_bytes(authority.issue(issuing.NAMES, datetime.now(UTC)))
    with port_taker.taken(port, work / "heard", certificate):
        done = git(work, environ, "ls-remote", "heroku")
    assert "certificate" in done.stderr
    assert heard(work) == b"a client\n"


@pytest.mark.usefixtures("home")
def test_no_proxy_is_asked_for_an_app_s_repository(work: Path) -> None:
    proxy = free_port()
    environ = {**shell(work), **dict.fromkeys(("http_proxy", "https_proxy", "ALL_PROXY"), f"http://127.0.0.1:{proxy}")}
    with port_taker.taken(proxy, work / "heard"):
        assert git(work, environ, "ls-remote", "heroku").returncode == 0
        done = git(work, environ, "push", "--dry-run", "heroku", "main")
    assert done.stderr.endswith("main -> main\n")
    assert heard(work) == b""
