"""A state folder made by the revision before apps had UUIDs: `state_of_names` is a copy that revision has made."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from fake_engine import START

from localku import locks
from localku.context import Context
from localku.engine import labels
from localku.engine.spec import ContainerSpec
from localku.errors import LocalkuError
from localku.paths import home_id
from localku.platform import apps, destroy, housekeeping, new_apps
from localku.platform.deploying import image_names
from localku.services.postgres.postgres_service import Postgres
from localku.store.store import Store

if TYPE_CHECKING:
    from fake_engine import FakeClock, FakeEngine

    from localku.engine.client import Engine
    from localku.records import App

COPY = Path(__file__).parent / "state_of_names"

NAMESPACE = uuid.UUID("6f0a2c0e-5d0f-4c55-9a1f-0c6e2b1d7a34")

KILLED = """
import os, signal, sys
from pathlib import Path
from localku.store import uuid_migration
from localku.services.postgres.postgres_service import Postgres
from localku.store.store import Store

left = int(sys.argv[2])
if sys.argv[3] == "plain":
    uuid_migration._exchange = lambda one, other: False

def count(event, arguments):
    global left
    if event in {"os.symlink", "os.rename", "os.remove", "ctypes.dlsym"} and "/apps/" in str(arguments) + "/apps/":
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
Store(Path(sys.argv[1]))
"""

LOOKING = """
import sys, time
while True:
    with open(sys.argv[1], "ab") as log, open(sys.argv[2], "ab"):
        log.write(b".")
        log.flush()
    print(flush=True)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "state"
    made.mkdir(mode=0o700)
    shutil.copytree(COPY / "apps", made / "apps")
    with sqlite3.connect(made / "state.db") as connection:
        connection.executescript((COPY / "state.sql").read_text())
    return made


def shop(store: Store) -> App:
    found = store.apps.named("shop")
    assert found is not None
    return found


def whole(home: Path) -> None:
    """Check that all there was is there, by the apps' UUIDs, and by the old paths for who still uses them."""
    store = Store(home)
    app = shop(store)
    assert sorted(path.name for path in (home / "apps").iterdir() if not path.is_symlink()) == sorted(
        one.uuid for one in store.apps.all()
    )
    files = {path.relative_to(COPY / "apps" / "shop") for path in (COPY / "apps" / "shop").rglob("*")}
    assert {path.relative_to(store.folder(app)) for path in store.folder(app).rglob("*")} == files
    for one in store.apps.all():
        assert (home / "apps" / one.name).resolve() == store.folder(one).resolve()
    assert (store.folder(app) / "releases" / "v3.log").read_text() == "migrated\n"
    assert store.apps.config(app)["GREETING"] == "hello"
    assert [addon.name for addon in store.addons.of(app)] == ["postgresql-round-12345"]


def test_all_there_was_is_there_by_the_uuid(home: Path) -> None:
    whole(home)
    whole(home)  # opened once more, nothing changes


def test_the_id_that_dynos_have_seen_stays(home: Path) -> None:
    app = shop(Store(home))
    assert app.uuid == str(uuid.uuid5(NAMESPACE, f"{home_id(home)}/{app.id}/{app.created_at.isoformat()}"))
    assert app.formerly == "shop"


@pytest.mark.parametrize("way", ["exchange", "plain"])
@pytest.mark.parametrize("step", range(8))
def test_a_kill_at_any_step_is_followed_by_the_same(home: Path, step: int, way: str) -> None:
    command = [sys.executable, "-c", KILLED, str(home), str(step), way]
    ended = subprocess.run(command, check=False).returncode
    assert ended in {0, -signal.SIGKILL}
    assert step or ended == -signal.SIGKILL
    whole(home)


def test_a_localku_that_runs_all_along_goes_on_in_the_same_folder(home: Path) -> None:
    """It opens its files by the old path time and again, and holds a lock; neither ever fails it."""
    before = home / "apps" / "shop"
    with locks.held(before / "supervisor.lock", "busy"):
        old = subprocess.Popen(
            [sys.executable, "-c", LOOKING, str(before / "marks"), str(before / "traffic")], stdout=subprocess.PIPE
        )
        assert old.stdout is not None
        old.stdout.readline()
        store = Store(home)
        app = shop(store)
        for _ in range(20):
            assert old.stdout.readline()
        old.kill()
        old.communicate()
        assert locks.holder(store.folder(app) / "supervisor.lock") is not None
    (before / "marks").unlink()
    whole(home)


def test_rows_that_an_older_localku_still_writes_get_a_uuid(home: Path) -> None:
    store = Store(home)
    app = shop(store)
    store.db.run(
        "INSERT INTO releases (app_id, version, slug_id, config, description, status, created_at, addons)"
        " VALUES (?, 4, 1, '{}', 'Update DATABASE_URL', 'succeeded', ?, '{}')",
        app.id,
        START.isoformat(),
    )
    found = [release.uuid for release in store.releases.all(app)]
    assert all(uuid.UUID(one).version == 4 for one in found)
    assert len(set(found)) == 4


@pytest.fixture
def old(home: Path, engine: FakeEngine, clock: FakeClock) -> Context:
    """The folder, and what the engine held of the app then."""
    context = Context(Store(home), cast("Engine", engine), clock, Postgres)
    marks = {labels.HOME: home_id(home), labels.APP: "shop"}
    for image in ("localku/shop:v3", "localku/shop:deps-l1", "localku/shop:latest"):
        engine.images.tags.add(image)
        engine.images.labels[image] = marks
    dyno = {**marks, labels.ROLE: labels.ROLE_DYNO, labels.DYNO: "web.1", labels.TYPE: "web", labels.RELEASE: "3"}
    web = engine.containers.create(ContainerSpec("localku/shop:v3", "localku-shop-web.1", labels=dyno))
    engine.containers.start(web)
    for volume in (f"localku-{home_id(home)}-shop-build", "localku-postgresql-round-12345"):
        engine.volumes.names.add(volume)
        engine.volumes.labels[volume] = marks
    return context


def test_what_the_engine_holds_is_found_where_it_is(old: Context, engine: FakeEngine) -> None:
    app = shop(old.store)
    assert [one.name for one in old.containers(app, labels.ROLE_DYNO)] == ["localku-shop-web.1"]
    assert old.owner(engine.containers.find({})[0]) == app
    assert image_names.build_volume(old, app) in engine.volumes.names
    assert old.volumes(app) == engine.volumes.names
    assert [one.name for one in housekeeping.orphans(old)] == ["localku-shop-web.1"]
    with locks.held(old.store.folder(app) / "supervisor.lock", ""):
        assert housekeeping.orphans(old) == ()


def test_a_new_app_of_the_old_name_has_nothing_of_it(old: Context, engine: FakeEngine, tmp_path: Path) -> None:
    app = shop(old.store)
    apps.rename(old, app, "store")
    younger = new_apps.create(old, tmp_path, "shop")
    assert old.containers(younger) == ()
    assert old.volumes(younger) == set()
    assert image_names.build_volume(old, younger) not in engine.volumes.names
    destroy.destroy(old, younger)
    assert len(old.containers(old.store.apps.by_id(app.id))) == 1
    assert "localku/shop:v3" in engine.images.tags


def test_an_older_localku_that_runs_it_finds_its_folder_by_the_new_name_too(old: Context, home: Path) -> None:
    app = apps.rename(old, shop(old.store), "store")
    assert (home / "apps" / "store").resolve() == old.store.folder(app).resolve()
    with pytest.raises(LocalkuError):
        apps.rename(old, app, "blog")
    blog = old.store.apps.named("blog")
    assert blog is not None
    assert (home / "apps" / "blog").resolve() == old.store.folder(blog).resolve()
    old.store.oneoffs.forget(app, "run.1234")
    destroy.destroy(old, app)
    assert sorted(path.name for path in (home / "apps").iterdir()) == sorted(["blog", blog.uuid])


def test_destroying_it_leaves_nothing(old: Context, engine: FakeEngine, home: Path) -> None:
    app = shop(old.store)
    old.store.oneoffs.forget(app, "run.1234")
    destroy.destroy(old, app)
    assert engine.volumes.names == set()
    assert engine.images.tags == set()
    assert engine.containers.find({}) == ()
    assert not any(path.name in {"shop", app.uuid} for path in (home / "apps").iterdir())
