"""`localku --version` starts nothing but Python; no command pays for what it does not use."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from imported_modules import modules_of

from localku.context import Context
from localku.records import App

HEAVY = ("click", "cryptography", "docker", "honcho", "requests", "rich", "sqlite3", "watchdog", "yaml")

READING = ("asyncio", "ctypes", "http", "secrets", "socket", "ssl", "subprocess", "tarfile")
"""What a command that only reads the state has no use for, beside what is `HEAVY`."""

OURS = ("debian", "doctor", "ephemeral", "machine", "project", "router", "server", "services", "slugs", "supervisor")
"""Packages of ours that such a command has no use for."""

MOST = 2.5
"""How many times as long as a bare Python `localku --version` may take; it is about 1.7."""


def imported_by(*arguments: str) -> set[str]:
    return {name.partition(".")[0] for name in modules_of(*arguments)}


def test_version_imports_nothing_heavy() -> None:
    assert imported_by("--version").isdisjoint(HEAVY)


def test_help_imports_click_and_nothing_heavier() -> None:
    heavy = imported_by("--help").intersection(HEAVY)
    assert heavy == {"click"}


@pytest.mark.parametrize("command", ["config", "ps", "logs"])
def test_what_only_reads_the_state_imports_no_more_than_that_takes(context: Context, app: App, command: str) -> None:
    found = modules_of(command, "--app", app.name, LOCALKU_HOME=str(context.home))
    assert "localku.store.store" in found
    assert found.isdisjoint({*HEAVY, *READING} - {"click", "honcho", "sqlite3"})
    assert found.isdisjoint(f"localku.{name}" for name in OURS)


def test_a_wrong_command_is_refused_without_the_engine() -> None:
    heavy = imported_by("bild").intersection(HEAVY)
    assert heavy == {"click"}


def test_version_takes_hardly_longer_than_python_itself() -> None:
    """Measured in turns, the best of each: what else the machine does then weighs on both alike.

    A busy machine is asked more often, for it takes a while until both have had a quiet moment.
    """
    bare, version = [sys.executable, "-c", "pass"], [sys.executable, "-m", "localku", "--version"]
    pairs = []
    for _ in range(40):
        pairs.append((seconds(bare), seconds(version)))
        ratio = min(pair[1] for pair in pairs) / min(pair[0] for pair in pairs)
        if len(pairs) >= 7 and ratio < MOST:
            return
    raise AssertionError(ratio)


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def test_what_finds_that_there_is_nothing_to_build_imports_nothing_that_builds() -> None:
    program = "import sys; from localku.platform.deploying import deploy, examined; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    found = set(done.stdout.split())
    building = {"localku.platform.deploying.making", "localku.slugs.builder", "localku.engine.containers", "tarfile"}
    assert building.isdisjoint(found)
