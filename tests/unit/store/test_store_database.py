import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localku.errors import LocalkuError
from localku.store import database, schema
from localku.store.database import Database
from localku.store.store import Store

NOW = datetime(2024, 6, 5, 11, 12, 35, tzinfo=UTC)
NOBODY = 65534

RELEASER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from localku.store.store import Store
store = Store(Path(sys.argv[1]))
app = store.apps.named("shared") or store.apps.create("shared", None, datetime.now(UTC))
for number in range(int(sys.argv[2])):
    store.releases.add(app, None, {}, f"{sys.argv[3]} {number}", "succeeded", datetime.now(UTC))
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder other users can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """File permissions mean nothing to root, so the test is somebody else for a while."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    yield
    if before == 0:
        os.seteuid(before)


def tables(file: Path) -> list[str]:
    with sqlite3.connect(file) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return [name for (name,) in rows]


def test_a_new_file_gets_all_tables_and_the_newest_version(tmp_path: Path) -> None:
    Database(tmp_path / "state.db", schema.MIGRATIONS)
    wanted = re.findall(
        r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", "".join(step for step in schema.MIGRATIONS if isinstance(step, str))
    )
    assert tables(tmp_path / "state.db") == sorted([*wanted, "attachments"])
    with sqlite3.connect(tmp_path / "state.db") as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)


def test_an_older_file_takes_the_missing_steps_and_keeps_its_rows(tmp_path: Path) -> None:
    Store(tmp_path).apps.create("kept", None, NOW)
    step = "ALTER TABLE apps ADD COLUMN colour TEXT NOT NULL DEFAULT 'green'; CREATE TABLE extras (a TEXT)"
    for _ in range(2):
        row = Database(tmp_path / "state.db", (*schema.MIGRATIONS, step)).row("SELECT name, colour FROM apps")
        assert row is not None
        assert tuple(row) == ("kept", "green")
    assert "extras" in tables(tmp_path / "state.db")


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    Database(tmp_path / "state.db", schema.MIGRATIONS)
    before = tables(tmp_path / "state.db")
    steps = (*schema.MIGRATIONS, "CREATE TABLE extras (a TEXT); CREATE TABLE apps (a)")
    with pytest.raises(LocalkuError, match="table apps already exists"):
        Database(tmp_path / "state.db", steps)
    assert tables(tmp_path / "state.db") == before


def test_a_file_of_a_newer_localku_is_left_alone(tmp_path: Path) -> None:
    Database(tmp_path / "state.db", schema.MIGRATIONS)
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(LocalkuError) as raised:
        Database(tmp_path / "state.db", schema.MIGRATIONS)
    assert raised.value.message == f"The state in {tmp_path}/state.db was written by a newer localku."
    assert raised.value.hint == "Use that version, or another folder with LOCALKU_HOME."


def test_only_the_owner_may_read_any_of_the_files(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        store = Store(tmp_path)
        app = store.apps.create("one", None, NOW)
    finally:
        os.umask(before)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {"state.db": 0o600, "state.db-wal": 0o600, "state.db-shm": 0o600}
    assert stat.S_IMODE(store.folder(app).stat().st_mode) == 0o700


def test_a_file_that_is_no_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"this is not SQLite at all, whatever its name says\n" * 40)
    with pytest.raises(LocalkuError) as raised:
        Database(tmp_path / "state.db", schema.MIGRATIONS)
    assert raised.value.message == f"{tmp_path}/state.db is damaged: file is not a database."
    assert "Move it away" in raised.value.hint


def test_a_page_that_was_overwritten_is_said_to_be_damage_when_it_is_read(tmp_path: Path) -> None:
    store = Store(tmp_path)
    app = store.apps.create("one", None, NOW)
    for number in range(200):
        store.releases.add(app, None, {"KEY": "x" * 100}, f"Release {number}", "succeeded", NOW)
    store.db._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.db._connection().close()
    file = tmp_path / "state.db"
    raw = bytearray(file.read_bytes())
    raw[-4096 * 5 :] = b"\xff" * 4096 * 5
    file.write_bytes(raw)
    again = Store(tmp_path)
    with pytest.raises(LocalkuError, match="is damaged: database disk image is malformed"):
        again.releases.all(app)
    with pytest.raises(LocalkuError, match="is damaged: database disk image is malformed"):
        again.releases.add(app, None, {}, "next", "succeeded", NOW)


def test_a_read_only_file_is_named_with_the_way_out(open_folder: Path, request: pytest.FixtureRequest) -> None:
    file = open_folder / "state.db"
    Database(file, schema.MIGRATIONS)
    file.chmod(0o444)
    open_folder.chmod(0o555)
    request.getfixturevalue("as_nobody")
    with pytest.raises(LocalkuError) as raised:
        Database(file, schema.MIGRATIONS)
    assert raised.value.message == f"{file} cannot be used: Permission denied."
    assert raised.value.hint == "Set LOCALKU_HOME to use another folder."


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalkuError, match=r"/away/state\.db cannot be used: No such file or directory\."):
        Database(tmp_path / "away" / "state.db", schema.MIGRATIONS)


def test_a_full_disk_is_called_so_and_the_next_write_works(tmp_path: Path) -> None:
    store = Store(tmp_path)
    app = store.apps.create("one", None, NOW)
    connection = store.db._connection()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LocalkuError) as raised:
        store.apps.change_config(app, {"BIG": "x" * 100_000})
    assert raised.value.message == f"The disk with {tmp_path}/state.db is full."
    connection.execute("PRAGMA max_page_count = 1000000")
    store.apps.change_config(app, {"SMALL": "x"})
    assert store.apps.config(app) == {"SMALL": "x"}


def test_a_lock_that_is_never_let_go_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(tmp_path)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    store = Store(tmp_path)
    holder = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(LocalkuError) as raised:
        store.apps.create("late", None, NOW)
    holder.execute("ROLLBACK")
    holder.close()
    assert raised.value.message == f"Another localku has locked {tmp_path}/state.db for too long."


def test_an_exception_inside_a_transaction_takes_its_writes_back(tmp_path: Path) -> None:
    store = Store(tmp_path)
    app = store.apps.create("one", None, NOW)

    def half() -> None:
        with store.db.transaction():
            store.apps.change_config(app, {"HALF": "done"})
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert store.apps.config(app) == {}


def test_version_changes_when_another_connection_commits_and_only_then(tmp_path: Path) -> None:
    mine, other = Store(tmp_path), Store(tmp_path)
    app = mine.apps.create("one", None, NOW)
    before = mine.db.version()
    mine.apps.want(app, "up")
    assert mine.db.version() == before
    other.apps.want(app, "down")
    assert mine.db.version() != before


def test_several_processes_make_the_file_and_number_releases_without_gaps(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", RELEASER, str(tmp_path), "25", f"writer{n}"], stderr=subprocess.PIPE)
        for n in range(4)
    ]
    complaints = [writer.communicate(timeout=30)[1].decode() for writer in writers]
    made_it = [n for n, text in enumerate(complaints) if not text]
    # Making the same app at once is the one thing only some of them can win.
    assert all("There is an app of this name already: shared." in text for text in complaints if text), complaints
    store = Store(tmp_path)
    app = store.apps.named("shared")
    assert app is not None
    found = store.releases.all(app)
    assert [release.version for release in found] == list(range(25 * len(made_it), 0, -1))
    for n in made_it:
        assert sum(release.description.startswith(f"writer{n} ") for release in found) == 25


def test_threads_of_one_store_write_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    app = store.apps.create("one", None, NOW)
    together = threading.Barrier(8)

    def work(number: int) -> None:
        together.wait(10)
        for step in range(10):
            store.apps.change_config(app, {f"V{number}_{step}": "x"})
            store.releases.add(app, None, store.apps.config(app), "Set", "succeeded", NOW)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(store.apps.config(app)) == 80
    assert [release.version for release in store.releases.all(app)] == list(range(80, 0, -1))
