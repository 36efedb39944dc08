"""A state folder whose failed build stands beside the builds, as before one record held both."""

from __future__ import annotations

import json
import sqlite3
import uuid
from pathlib import Path

import pytest
from fake_engine import START

from localku.records import Build, BuildStatus, Failure
from localku.store.schema import MIGRATIONS
from localku.store.store import Store
from localku.store.transcript_migration import transcripts

OUTPUT = ["-----> Building", " !     The disk is full."]
REFUSED = ["The disk is full.", "Free some space."]


class Before:
    """The state folder, one step of the schema back."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.app = Store(home).apps.create("one", None, START)
        self.db = sqlite3.connect(home / "state.db")
        self.db.execute("ALTER TABLE builds DROP COLUMN failure")
        self.db.execute("ALTER TABLE apps DROP COLUMN cycle_every")
        self.db.execute(f"PRAGMA user_version = {MIGRATIONS.index(transcripts) - 1}")

    def build(self, status: BuildStatus, output: list[str]) -> str:
        ident = str(uuid.uuid4())
        folder = self.home / "apps" / self.app.uuid / "builds"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{ident}.log").write_text("".join(f"{line}\n" for line in output))
        self.db.execute(
            "INSERT INTO builds (id, app_id, status, stack, buildpacks, created_at, updated_at)"
            " VALUES (?, ?, ?, 'heroku-24', '[]', ?, ?)",
            (ident, self.app.id, status, START.isoformat(), START.isoformat()),
        )
        return ident

    def slug(self) -> None:
        self.db.execute(
            "INSERT INTO slugs (app_id, fingerprint, image, layer, process_types, buildpacks, stack, size, created_at)"
            " VALUES (?, 'f', 'i', 'l', '{}', '[]', 'heroku-24', 1, ?)",
            (self.app.id, START.isoformat()),
        )

    def transcript(self, data: object) -> None:
        self.db.execute(
            "INSERT INTO observations VALUES (?, 'build', 'transcript', 2, ?, ?)",
            (self.app.id, json.dumps(data), START.isoformat()),
        )

    def migrated(self) -> tuple[Build, ...]:
        self.db.commit()
        self.db.close()
        store = Store(self.home)
        assert store.observations.of(self.app) == ()
        return store.builds.of(self.app)


@pytest.fixture
def before(tmp_path: Path) -> Before:
    return Before(tmp_path)


@pytest.mark.parametrize(("refusal", "failure"), [(REFUSED, Failure(*REFUSED)), (None, Failure("", ""))])
def test_a_build_that_is_there_gets_why_it_failed(before: Before, refusal: list[str] | None, failure: Failure) -> None:
    ident = before.build(BuildStatus.FAILED, OUTPUT)
    before.transcript({"output": OUTPUT, "refusal": refusal})
    (build,) = before.migrated()
    assert (build.id, build.failure) == (ident, failure)


def test_one_that_could_not_begin_becomes_a_build(before: Before) -> None:
    before.build(BuildStatus.FAILED, ["-----> Another"])
    before.transcript({"output": OUTPUT, "refusal": REFUSED})
    newest, other = before.migrated()
    assert (newest.status, newest.failure, other.failure) == (BuildStatus.FAILED, Failure(*REFUSED), None)
    kept = before.home / "apps" / before.app.uuid / "builds" / f"{newest.id}.log"
    assert kept.read_text().splitlines() == OUTPUT


@pytest.mark.parametrize("data", [OUTPUT, {"output": [], "refusal": None}])
def test_what_says_nothing_goes(before: Before, data: object) -> None:
    before.transcript(data)
    assert before.migrated() == ()


def test_what_a_later_slug_has_answered_goes(before: Before) -> None:
    before.transcript({"output": OUTPUT, "refusal": REFUSED})
    before.slug()
    assert before.migrated() == ()
