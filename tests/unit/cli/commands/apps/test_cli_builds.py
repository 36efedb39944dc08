from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from localku.platform.deploying import builds as verbs
from localku.records import Build, BuildStatus

if TYPE_CHECKING:
    from conftest import Command

    from localku.context import Context
    from localku.records import App


@pytest.fixture
def build(context: Context, app: App) -> Build:
    with suppress(KeyboardInterrupt), verbs.recorded(context, app, "debian-14", "1a2b3c4d5e6f") as recording:
        recording.write("-----> Compressing...")
        raise KeyboardInterrupt
    return recording.build


def test_builds_are_listed(localku: Command, build: Build) -> None:
    out = localku("builds").out
    head, row = out.splitlines()[-2:]
    assert out.startswith("=== one Builds\n")
    assert head.split() == ["Created", "At", "Duration", "ID", "Source", "Version", "Status", "User"]
    assert row.split()[-5:] == ["0s", build.id, "1a2b3c4d", "failed", "localku"]


def test_a_build_is_shown(localku: Command, build: Build) -> None:
    assert f"=== Build {build.id}\n" in localku("builds:info").out
    assert "Status:      failed\n" in localku("builds:info", build.id[:6]).out
    told = json.loads(localku("builds:info", "--json").out)
    assert told == json.loads(localku("builds", "--json").out)[0]
    assert told["source_blob"] == {"version": "1a2b3c4d5e6f"}
    assert (told["id"], told["status"], told["release"]) == (build.id, BuildStatus.FAILED.value, None)


def test_what_a_build_printed_is_shown(localku: Command, build: Build) -> None:
    assert localku("builds:output").out == "-----> Compressing...\n !     Build canceled\n"


def test_an_app_without_builds_says_so(localku: Command, app: App) -> None:
    done = localku("builds:output")
    assert done.status == 1
    assert "No builds found for one." in done.err
    assert localku("builds").status == 0
