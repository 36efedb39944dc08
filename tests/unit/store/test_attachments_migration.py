"""A state folder of before add-ons had attachments: the copy that the step to UUIDs is tested with is one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from localku.store.schema import MIGRATIONS
from localku.store.store import Store

COPY = Path(__file__).parent / "state_of_names" / "state.sql"


def before(home: Path) -> None:
    home.mkdir(mode=0o700)
    with sqlite3.connect(home / "state.db") as connection:
        connection.executescript(COPY.read_text())


def test_a_config_var_becomes_the_attachment_of_its_addon(tmp_path: Path) -> None:
    before(tmp_path / "state")
    store = Store(tmp_path / "state")
    app = store.apps.named("shop")
    assert app is not None
    (addon,) = store.addons.of(app)
    assert (addon.name, addon.plan, addon.role, addon.password, addon.database, addon.host, addon.port) == (
        *("postgresql-round-12345", "essential-0", "u1", "secret", "d1", "172.20.0.1", 41001),
    )
    assert (addon.service, addon.version, addon.over_since, addon.enforce_now) == ("heroku-postgresql", "", None, False)
    assert addon.engine_name == addon.name
    assert [(one.name, one.config_var) for one in addon.attachments] == [("DATABASE", "DATABASE_URL")]
    assert all(len(one.uuid) == 36 for one in addon.attachments)


def test_new_rows_get_uuids_and_ring_for_their_app(tmp_path: Path) -> None:
    before(tmp_path / "state")
    store = Store(tmp_path / "state")
    app = store.apps.named("shop")
    assert app is not None
    (addon,) = store.addons.of(app)
    numbers = [store.changes.number(app)]
    store.attachments.add(addon, app, "HEROKU_POSTGRESQL_RED", app.created_at)
    numbers.append(store.changes.number(app))
    store.addons.move(addon, "172.20.0.1", 41002)
    numbers.append(store.changes.number(app))
    store.attachments.remove(store.attachments.of(app)[0])
    numbers.append(store.changes.number(app))
    assert sorted(set(numbers)) == numbers
    assert store.addons.by_id(addon.id).config_var == "HEROKU_POSTGRESQL_RED_URL"


def test_an_older_folder_that_is_opened_again_keeps_all(tmp_path: Path) -> None:
    before(tmp_path / "state")
    for _ in range(2):
        store = Store(tmp_path / "state")
        assert [len(one.attachments) for one in store.addons.all()] == [1]
        assert store.db.row("PRAGMA user_version")[0] == len(MIGRATIONS)  # type: ignore[index]
        store.db.close()
