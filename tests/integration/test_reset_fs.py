"""What a dyno wrote and a restart takes: told at once, told in time, and by content."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.localku import Localku, interrupt, wait_for, write_app
from support.tiny import FILES

from localku.clock import SystemClock
from localku.context import Context
from localku.engine.client import Engine
from localku.ephemeral import walk
from localku.platform.dynos import filesystem
from localku.services.postgres.postgres_service import Postgres
from localku.store.store import Store

MANY = 20_000
MOST = 10.0
"""Times as long as `find`, on a machine that does other things too; the benchmark says what it is on a quiet one."""

SERVE = """#!/bin/bash
trap 'sleep 0.3; echo bye >/app/last-words.txt; exit 143' TERM
echo booted >/app/boot.txt
echo $RANDOM$RANDOM >/app/secret.txt
rm -f /app/unwanted.txt
socat TCP-LISTEN:$PORT,fork,reuseaddr EXEC:./answer &
wait
"""
OWN = {
    **FILES,
    "Procfile": "web: ./serve\n",
    "serve*": SERVE,
    ".profile": "echo profile >/app/profile.txt\n",
    "kept.txt": "kept\n",
    "old/kept.txt": "kept\n",
    "unwanted.txt": "unwanted\n",
}


@pytest.fixture(scope="module")
def folder(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_app(tmp_path_factory.mktemp("apps") / "writer", OWN)
    lk.ok("build", cwd=made)
    return made


@pytest.fixture
def context(lk: Localku, folder: Path) -> Iterator[Context]:
    lk.ok("up", "--detach", "--no-build", cwd=folder)
    yield Context(Store(lk.home), Engine(), SystemClock(), Postgres)
    lk.ok("down", cwd=folder)


def inside(context: Context, script: str) -> None:
    (app,) = context.store.apps.all()
    (record,) = context.store.dynos.of(app.id)
    done = context.engine.containers.exec(record.container or "", ["/bin/bash", "-c", f"cd /app; {script}"])
    assert done.exit_status == 0, done.output


def dry_run(lk: Localku, folder: Path) -> dict[str, Any]:
    (dyno,) = lk.ok("reset-fs", "--dry-run", "--json", cwd=folder).json["dynos"]
    return {entry["path"]: entry for entry in dyno["entries"]}


def test_what_each_boot_makes_is_listed_and_not_counted(lk: Localku, folder: Path, context: Context) -> None:
    found = dry_run(lk, folder)
    assert {path: (entry["change"], entry["returns"], entry["worth_keeping"]) for path, entry in found.items()} == {
        "/app/boot.txt": ("added", True, False),
        "/app/profile.txt": ("added", True, False),
        "/app/secret.txt": ("added", True, False),
        "/app/unwanted.txt": ("deleted", True, False),
    }
    assert lk.run("reset-fs", "--check", cwd=folder).status == 0

    inside(context, "echo other >boot.txt; echo note >note.txt")
    done = lk.ok("reset-fs", cwd=folder).out
    assert "\nBack by itself, unchanged: web.1:/app/profile.txt\n" in done
    assert "\nWritten again, with different content: web.1:/app/boot.txt, web.1:/app/secret.txt\n" in done
    assert "Everything else is gone." in done


def test_what_another_boot_makes_otherwise_is_lost(lk: Localku, folder: Path, context: Context) -> None:
    """The dyno before this one, of the test before, has left its traces."""
    found = dry_run(lk, folder)
    assert found["/app/secret.txt"]["worth_keeping"]
    assert not found["/app/profile.txt"]["worth_keeping"]
    failed = lk.run("reset-fs", "--check", cwd=folder)
    assert (failed.status, failed.err) == (1, " !     1 file worth keeping would be lost.\n")


def test_content_decides_and_not_mode_or_time(lk: Localku, folder: Path, context: Context) -> None:
    inside(context, "chmod 700 kept.txt; touch -d 2001-01-01 old/kept.txt; cp -p answer x; mv x answer")
    assert {"/app/kept.txt", "/app/old/kept.txt", "/app/answer"}.isdisjoint(dry_run(lk, folder))
    inside(context, "touch -r old/kept.txt t; echo KEPT >old/kept.txt; touch -r t old/kept.txt; rm t kept.txt")
    found = dry_run(lk, folder)
    assert found["/app/old/kept.txt"]["change"] == "changed"
    assert found["/app/kept.txt"]["change"] == "deleted"


def test_twenty_thousand_files_take_a_few_times_as_long_as_find(folder: Path, context: Context) -> None:
    inside(context, f"mkdir media && cd media && seq {MANY} | split -l 1 -a 4 - upload-")
    (app,) = context.store.apps.all()
    (record,) = context.store.dynos.of(app.id)
    find = ["find", "/app", "-printf", r"%y %s %T@ %p\0"]
    ratios = []
    for _ in range(3):
        began = time.perf_counter()
        context.engine.containers.exec(record.container or "", find)
        middle = time.perf_counter()
        report = filesystem.Files(context, app).look(record).report
        ratios.append((time.perf_counter() - middle) / (middle - began))
        assert sum(entry.path.startswith("/app/media/upload-") for entry in report.entries) == MANY
    assert min(ratios) < MOST, ratios


def test_a_dyno_that_ends_at_once_is_there_until_it_was_looked_through(context: Context) -> None:
    """However slow the look is, here before its first program starts."""
    (app,) = context.store.apps.all()
    (record,) = context.store.dynos.of(app.id)
    slow = walk.STOP_AND_WALK[2].replace("\nprintf", "\nfor ((i = 0; i < 300000; i++)); do :; done\nprintf", 1)
    output = b"".join(
        piece
        for stream, piece in context.engine.containers.exec_apart(record.container or "", ["/bin/bash", "-c", slow])
        if stream == "stdout"
    )
    assert walk.read(output.removeprefix(walk.TOLD), b"").complete


def test_down_sends_sigterm_first_and_tells_what_is_lost(lk: Localku, folder: Path, context: Context) -> None:
    """The dyno's last words are written after SIGTERM, and are in the report all the same."""
    done = lk.ok("down", cwd=folder)
    assert done.err == "Stopping writer: SIGTERM to all its processes, SIGKILL after 30 seconds\n"
    assert re.search(r"^web\.1 wrote \d files? .*\blast-words\.txt", done.out, re.MULTILINE)
    assert done.out.endswith("writer is down\n")


def test_ctrl_c_answers_at_once_and_tells_what_is_lost(lk: Localku, folder: Path) -> None:
    process = lk.start("up", "--no-build", cwd=folder)
    wait_for(lambda: [row["state"] for row in lk.ok("ps", "--json", cwd=folder).json] == ["up"])
    out = interrupt(process)
    assert process.returncode == 0, out
    words = "Stopping writer: SIGTERM to all its processes"
    assert out.index(words) < out.index("last-words.txt")
    assert not os.path.lexists(folder / "last-words.txt")
