"""What `localku env` prints is taken over by real shells, and undone by them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from localku.cli.heroku_cli import shell_environment
from localku.cli.heroku_cli.api_access import Access
from localku.cli.heroku_cli.shell_environment import Change, Folders
from localku.cli.shell import user_shell
from localku.cli.shell.user_shell import Shell

ACCESS = Access(
    "http://127.0.0.1:5080",
    "to'ken",
    Path("/state/heroku"),
    Path("/state/heroku/certificates.pem"),
    Path("/state/tls/ca.pem"),
)
SHIMS = Path("/state/a folder/bin")
FOLDERS = Folders(SHIMS, Path("/state/stand-ins"))
SHELLS = [shell for shell in Shell if shutil.which(shell)]


def after(change: Change, environ: Mapping[str, str]) -> dict[str, str]:
    made = {**environ, **{name: value for name, value in change.variables.items() if value is not None}}
    return {name: value for name, value in made.items() if change.variables.get(name, "") is not None}


def git_settings(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        environ[f"GIT_CONFIG_KEY_{number}"]: environ[f"GIT_CONFIG_VALUE_{number}"]
        for number in range(int(environ.get("GIT_CONFIG_COUNT", "0")))
    }


def test_heroku_is_ours_and_the_token_goes_by_tls_alone() -> None:
    inside = after(shell_environment.entered(ACCESS, FOLDERS, {"PATH": "/usr/bin"}), {"PATH": "/usr/bin"})
    assert inside["PATH"] == f"{SHIMS}:/usr/bin:/state/stand-ins"
    found = git_settings(inside)
    assert found["url.localku::http://127.0.0.1:5080/.pushInsteadOf"] == "https://127.0.0.1:5080/"
    assert [name for name, value in found.items() if value.startswith("Authorization: Basic ")] == [
        "http.https://127.0.0.1:5080/.extraHeader"
    ]
    assert found["http.https://127.0.0.1:5080/.sslCAInfo"] == "/state/tls/ca.pem"


@pytest.mark.parametrize(
    "before",
    [
        {"PATH": "/usr/bin:/bin"},
        {"PATH": "/usr/bin", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "me"},
        {"PATH": "/usr/bin", "GIT_SSL_CAINFO": "/etc/company.pem"},
    ],
)
def test_what_was_there_is_there_again(before: dict[str, str]) -> None:
    once = after(shell_environment.entered(ACCESS, FOLDERS, before), before)
    twice = after(shell_environment.entered(ACCESS, FOLDERS, once), once)
    assert twice == once
    assert git_settings(once).items() >= git_settings(before).items()
    assert after(shell_environment.left(once), once) == before


def test_a_bundle_that_git_is_told_of_by_a_variable_is_in_ours() -> None:
    before = {"PATH": "/usr/bin", "GIT_SSL_CAINFO": "/etc/company.pem"}
    assert after(shell_environment.entered(ACCESS, FOLDERS, before), before)["GIT_SSL_CAINFO"] == str(ACCESS.bundle)


def test_there_is_nothing_to_undo_elsewhere() -> None:
    assert shell_environment.left({"PATH": "/usr/bin"}).variables == {}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_takes_it_over(shell: Shell) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}
    change = shell_environment.entered(ACCESS, FOLDERS, environ)
    script = "\n".join(change.lines(shell)) + "\nenv -0\n"
    done = subprocess.run([shell, "-c", script], env=environ, capture_output=True, check=True)
    inside = dict(one.split("=", 1) for one in done.stdout.decode().split("\0") if "=" in one)
    wanted = after(change, environ)
    assert {name: inside[name] for name in wanted if name != "HOME"} == {k: v for k, v in wanted.items() if k != "HOME"}
    undone = "\n".join(shell_environment.left(inside).lines(shell)) + "\nenv -0\n"
    done = subprocess.run([shell, "-c", undone], env=inside, capture_output=True, check=True)
    again = dict(one.split("=", 1) for one in done.stdout.decode().split("\0") if "=" in one)
    assert not [name for name in again if name.startswith(("GIT_", "LOCALKU"))]
    assert again["PATH"] == environ["PATH"]


def test_the_shell_is_the_user_s() -> None:
    assert user_shell.of_environment({"SHELL": "/usr/bin/fish"}) is Shell.FISH
    assert user_shell.of_environment({"SHELL": "/bin/tcsh"}) is Shell.BASH
    assert user_shell.of_environment({}) is Shell.BASH
