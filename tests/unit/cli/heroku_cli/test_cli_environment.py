"""Heroku's CLI finds localku alone, and its files are none of the user's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from localku.cli.heroku_cli import cli_environment, real_cli, shims
from localku.cli.heroku_cli.api_access import Access


@pytest.fixture
def access(tmp_path: Path) -> Access:
    folder = tmp_path / "heroku"
    folder.mkdir()
    return Access("http://127.0.0.1:5080", "token", folder, folder / "certificates.pem", tmp_path / "ca.pem")


def test_git_s_global_configuration_is_its_own_and_includes_the_user_s(access: Access, tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    (tmp_path / ".gitconfig").write_text("[user]\n\temail = me@example.com\n")
    before = (tmp_path / ".gitconfig").read_bytes()
    cli_environment.prepare(access, environ)
    inside = {**environ, **cli_environment.variables(access, environ), "PATH": "/usr/bin:/bin"}

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "config", *arguments], env=inside, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    assert git("--includes", "user.email") == "me@example.com"
    git("--global", "credential.https://127.0.0.1:5080.helper", "!heroku git:credentials")
    assert (tmp_path / ".gitconfig").read_bytes() == before
    cli_environment.prepare(access, environ)
    assert git("--global", "credential.https://127.0.0.1:5080.helper") == "!heroku git:credentials"


def test_every_host_is_this_machine(access: Access) -> None:
    found = cli_environment.variables(access, {})
    hosts = {name: value for name, value in found.items() if name.endswith(("_HOST", "_URL"))}
    assert set(hosts.values()) == {"http://127.0.0.1:5080", "127.0.0.1"}
    assert len(hosts) >= 7
    assert found["DISABLE_TELEMETRY"] == "true"


def test_proxies_of_the_user_stay(access: Access) -> None:
    found = cli_environment.variables(access, {"no_proxy": "intranet, localhost"})
    assert found["NO_PROXY"] == found["no_proxy"] == "intranet,localhost,127.0.0.1"


def test_our_own_command_is_not_taken_for_heroku_s(tmp_path: Path) -> None:
    ours = shims.folder(tmp_path / "home")
    theirs = tmp_path / "bin"
    theirs.mkdir()
    path = {"PATH": f"{ours}:{theirs}"}
    assert real_cli.found(path, ours) is None
    (theirs / "heroku").write_text("#!/bin/sh\n")
    (theirs / "heroku").chmod(0o755)
    assert real_cli.found(path, ours) == theirs / "heroku"
    (theirs / "heroku").unlink()
    (theirs / "heroku").symlink_to(ours / "heroku")
    assert real_cli.found(path, ours) is None
