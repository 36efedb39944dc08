from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from localku.errors import LocalkuError
from localku.records import (
    EVERY_DYNO,
    App,
    Build,
    BuildStatus,
    ChaosPlan,
    Drain,
    DynoRecord,
    FolderRecord,
    FormationEntry,
    Layer,
    Observation,
    OneOff,
    ScheduledCommand,
    Slug,
)
from localku.services.postgres import credentials
from localku.states import ReleaseStatus, Wanted
from localku.store import apps_table
from localku.store.changes_table import CHANGES, WATCHED
from localku.store.schema import MIGRATIONS
from localku.store.store import Store
from localku.transfer_records import BackupSchedule, Transfer, TransferKind, TransferStatus

NOW = datetime(2024, 6, 5, 11, 12, 35, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def app(store: Store) -> App:
    return store.apps.create("one", Path("/src/one"), NOW)


def slug(app: App, image: str) -> Slug:
    return Slug(
        id=0,
        app_id=app.id,
        fingerprint="f" * 64,
        image=image,
        layer="l1",
        process_types={"web": "run web", "worker": "run worker"},
        buildpacks=("heroku/nodejs", "heroku/python"),
        stack="debian-14",
        size=1234,
        commit=None,
        created_at=NOW,
    )


def transfer(app: App) -> Transfer:
    status = TransferStatus.RUNNING
    return Transfer(f"t-{app.name}", app.id, 1, TransferKind.BACKUP, "db", "DATABASE", "b001", status, NOW)


def dyno(app: App, name: str) -> DynoRecord:
    return DynoRecord(
        app_id=app.id,
        name=name,
        type=name.partition(".")[0],
        state="crashed",
        release=4,
        size="basic",
        command="run web",
        container=None,
        host="172.18.0.2",
        port=4711,
        since=NOW,
        exit_status=1,
        crashes=2,
        retry_at=NOW + timedelta(seconds=10),
        generation=3,
    )


def test_an_app_is_found_by_name_folder_and_id(store: Store, app: App) -> None:
    assert store.apps.named("one") == store.apps.by_id(app.id) == store.apps.with_uuid(app.uuid) == app
    assert store.folders.at(Path("/src/one")) == FolderRecord(Path("/src/one"), app.id)
    assert (app.wanted, app.port, app.stack, app.env_file, app.created_at) == ("down", None, None, "", NOW)
    assert store.apps.named("two") is None
    assert store.folders.at(Path("/src")) is None


def test_each_app_has_a_user_of_its_own(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apps_table, "UIDS", range(10000, 10003))
    made = [store.apps.create(name, None, NOW) for name in ("a", "b", "c")]
    assert {one.uid for one in made} == {10000, 10001, 10002}
    assert {one.user for one in made} == {"u10000", "u10001", "u10002"}


@pytest.mark.parametrize(("name", "root", "taken"), [("one", "/src/two", "name"), ("two", "/src/one", "folder")])
def test_a_name_and_a_folder_belong_to_one_app(store: Store, app: App, name: str, root: str, taken: str) -> None:
    with pytest.raises(LocalkuError, match=f"There is an app of this {taken} already: {name}"):
        store.apps.create(name, Path(root), NOW)
    assert [one.name for one in store.apps.all()] == ["one"]


def test_wanted_port_stack_and_env_file_are_remembered(store: Store, app: App) -> None:
    store.apps.want(app, "up")
    store.apps.set_port(app, 5000)
    store.apps.set_stack(app, "heroku-24")
    store.apps.set_env_file(app, "digest")
    assert store.apps.by_id(app.id) == replace(app, wanted="up", port=5000, stack="heroku-24", env_file="digest")


@pytest.mark.parametrize(("wanted", "runs"), [(Wanted.UP, True), (Wanted.LEASED, True), (Wanted.DOWN, False)])
def test_an_app_shall_run_while_it_is_wanted_up_or_a_lease_lasts(
    store: Store, app: App, wanted: Wanted, runs: bool
) -> None:
    store.apps.want(app, wanted)
    found = store.apps.by_id(app.id)
    assert (found.wanted, found.shall_run) == (wanted, runs)


def test_how_often_dynos_are_cycled_reaches_whoever_runs_the_app(store: Store, app: App) -> None:
    assert app.cycle_every is None
    for every in (300.5, None):
        number, _ = store.changes.since(0)
        store.apps.set_cycling(app, every)
        assert store.apps.by_id(app.id).cycle_every == every
        assert store.changes.since(number)[1] == (app.id,)


def test_config_changes_set_replace_and_take_away(store: Store, app: App) -> None:
    store.apps.change_config(app, {"B": "1", "A": "ü\nline", "EMPTY": ""})
    store.apps.change_config(app, {"B": "2", "A": None, "NEVER": None})
    assert store.apps.config(app) == {"B": "2", "EMPTY": ""}


def test_a_config_change_is_all_or_nothing(store: Store, app: App) -> None:
    store.apps.change_config(app, {"A": "1"})
    with pytest.raises(Exception, match=r"Error binding|not supported"):
        store.apps.change_config(app, {"A": "2", "B": object()})  # type: ignore[dict-item]
    assert store.apps.config(app) == {"A": "1"}


def test_buildpacks_keep_their_order_and_may_repeat(store: Store, app: App) -> None:
    store.apps.set_buildpacks(app, ("z", "a", "z"))
    assert store.apps.buildpacks(app) == ("z", "a", "z")
    store.apps.set_buildpacks(app, ())
    assert store.apps.buildpacks(app) == ()


def test_scaling_a_type_again_replaces_its_entry_and_leaves_the_others(store: Store, app: App) -> None:
    store.apps.scale(app, (FormationEntry("web", 1, "basic"), FormationEntry("worker", 2, "basic")))
    store.apps.scale(app, (FormationEntry("web", 3, "standard-2x"),))
    assert store.apps.formation(app) == (FormationEntry("web", 3, "standard-2x"), FormationEntry("worker", 2, "basic"))


def test_releases_are_numbered_per_app(store: Store, app: App) -> None:
    other = store.apps.create("two", None, NOW)
    versions = [store.releases.add(one, None, {}, "x", "succeeded", NOW).version for one in (app, app, other, app)]
    assert versions == [1, 2, 1, 3]


def test_current_is_the_newest_release_that_succeeded(store: Store, app: App) -> None:
    assert store.releases.current(app) is None
    kept = store.releases.add_slug(slug(app, "localku/one:v1"))
    first = store.releases.add(app, kept, {"A": "1"}, "Deploy", "succeeded", NOW)
    pending = store.releases.add(app, None, {}, "Set B", "pending", NOW)
    assert store.releases.current(app) == first
    assert store.releases.pending(app) == (pending,)
    store.releases.finish(pending, ReleaseStatus.FAILED)
    assert store.releases.pending(app) == ()
    assert store.releases.current(app) == first
    assert store.releases.current_slug(app) == kept
    again = store.releases.add(app, None, {}, "Set B", "pending", NOW)
    store.releases.finish(again, ReleaseStatus.SUCCEEDED)
    assert store.releases.current(app) == replace(again, status=ReleaseStatus.SUCCEEDED)
    assert store.releases.current_slug(app) is None


def test_what_is_read_of_all_apps_at_once_is_what_each_has(store: Store, app: App) -> None:
    apps = [app, *(store.apps.create(name, None, NOW) for name in ("two", "three", "bare"))]
    for number, one in enumerate(apps[:3]):
        kept = store.releases.add_slug(slug(one, f"localku/{one.name}:v1"))
        store.releases.add(one, None, {}, "Initial release", "succeeded", NOW)
        store.releases.add(one, kept, {}, "Deploy", "succeeded", NOW + timedelta(hours=number))
        store.apps.scale(one, (FormationEntry("worker", number, "Basic"), FormationEntry("web", 1, "Eco")))
    store.releases.add(apps[0], None, {}, "Set A", "failed", NOW + timedelta(days=1))
    store.releases.add(apps[1], None, {}, "Set A", "succeeded", NOW + timedelta(days=1))
    of_each = store.releases
    assert {one.id: of_each.newest_at(one) for one in apps[:3]} == of_each.newest_of_all()
    assert {one.id: of_each.current_slug(one) for one in (apps[0], apps[2])} == of_each.current_slugs()
    assert {one.id: store.apps.formation(one) for one in apps[:3]} == store.apps.formations()


def test_a_release_that_has_a_status_keeps_it(store: Store, app: App) -> None:
    made = store.releases.add(app, None, {}, "Set A", "pending", NOW)
    assert store.releases.finish(made, ReleaseStatus.EXPIRED).status == "expired"
    assert store.releases.finish(made, ReleaseStatus.SUCCEEDED).status == "expired"


def test_a_release_that_succeeds_after_a_newer_one_has_expired(store: Store, app: App) -> None:
    late, later = (store.releases.add(app, None, {}, "Deploy", "pending", NOW) for _ in range(2))
    newer = store.releases.add(app, None, {}, "Deploy", "succeeded", NOW)
    assert store.releases.finish(late, ReleaseStatus.SUCCEEDED).status == "expired"
    assert store.releases.finish(later, ReleaseStatus.FAILED).status == "failed"
    assert store.releases.current(app) == newer


def test_a_release_keeps_the_config_it_was_made_with(store: Store, app: App) -> None:
    store.apps.change_config(app, {"A": "1"})
    made = store.releases.add(app, None, store.apps.config(app), "Set A", "succeeded", NOW)
    store.apps.change_config(app, {"A": "2"})
    assert store.releases.version(app, made.version).config == {"A": "1"}


def test_a_slug_comes_back_as_it_was_kept(store: Store, app: App) -> None:
    kept = store.releases.add_slug(slug(app, "localku/one:v1"))
    assert kept == replace(slug(app, "localku/one:v1"), id=kept.id, uuid=kept.uuid)
    newer = store.releases.add_slug(slug(app, "localku/one:v2"))
    assert store.releases.slugs(app) == (newer, kept)


def test_a_layer_made_again_is_kept_once(store: Store, app: App) -> None:
    store.releases.add_layer(Layer(app.id, "l1", "old", 1), NOW)
    store.releases.add_layer(Layer(app.id, "l2", "other", 2), NOW)
    store.releases.add_layer(Layer(app.id, "l1", "new", 3), NOW + timedelta(seconds=1))
    assert store.releases.layers(app) == (Layer(app.id, "l1", "new", 3), Layer(app.id, "l2", "other", 2))
    store.releases.drop_layer(Layer(app.id, "l1", "new", 3))
    assert store.releases.layers(app) == (Layer(app.id, "l2", "other", 2),)


def test_a_restart_counts_for_one_dyno_or_for_all(store: Store, app: App) -> None:
    assert store.dynos.generations(app.id) == {}
    store.dynos.ask_restart(app, "web.1")
    store.dynos.ask_restart(app, "web.1")
    store.dynos.ask_restart(app)
    assert store.dynos.generations(app.id) == {"web.1": 2, EVERY_DYNO: 1}


def test_a_dyno_is_saved_replaced_and_forgotten(store: Store, app: App) -> None:
    store.dynos.save(dyno(app, "web.1"))
    later = replace(dyno(app, "web.1"), state="up", retry_at=None, exit_status=None)
    store.dynos.save(later)
    store.dynos.save(dyno(app, "worker.1"))
    assert store.dynos.of(app.id) == (later, dyno(app, "worker.1"))
    store.dynos.forget(app.id, "web.1")
    assert store.dynos.of(app.id) == (dyno(app, "worker.1"),)


def test_an_addon_is_kept_moved_and_removed(store: Store, app: App) -> None:
    made = replace(credentials.new(app.id, "essential-0", "DATABASE_URL", NOW), host="172.18.0.1", port=40000)
    kept = store.addons.add(made)
    assert replace(kept, attachments=()) == replace(
        made, id=kept.id, uuid=kept.uuid, attachments=(), engine_name=made.name
    )
    store.addons.move(kept, "172.19.0.1", 40001)
    assert store.addons.of(app) == (replace(kept, host="172.19.0.1", port=40001),)
    store.addons.remove(kept)
    assert store.addons.of(app) == ()
    assert store.attachments.of(app) == ()


def test_an_addon_has_attachments_to_several_apps_and_a_name_leads_to_one(store: Store, app: App) -> None:
    two = store.apps.create("two", Path("/src/two"), NOW)
    first = store.addons.add(credentials.new(app.id, "essential-0", "DATABASE_URL", NOW))
    second = store.addons.add(credentials.new(app.id, "essential-0", "HEROKU_POSTGRESQL_RED_URL", NOW))
    before = store.changes.number(two)
    store.attachments.add(first, two, "SHARED", NOW)
    assert store.changes.number(two) > before
    assert store.addons.of(two) == ()
    (shared,) = store.addons.attached(two)
    assert (shared.name, [one.config_var for one in shared.on(two.id)]) == (first.name, ["SHARED_URL"])
    assert shared.config_var == "DATABASE_URL"
    store.attachments.add(second, app, "DATABASE", NOW)
    assert {one.name: one.addon_id for one in store.attachments.of(app)} == {
        "DATABASE": second.id,
        "HEROKU_POSTGRESQL_RED": second.id,
    }
    assert store.addons.by_id(second.id).config_var == "DATABASE_URL"
    assert len({one.uuid for one in (*store.attachments.of(app), *store.attachments.of(two))}) == 3
    store.apps.destroy(app)
    assert store.attachments.of(two) == ()


def build(app: App, name: str, slug_id: int | None = None) -> Build:
    return Build(name, app.id, BuildStatus.PENDING, "abc", "debian-14", ("a", "b"), slug_id, 3, NOW, NOW)


def test_a_build_stays_as_it_ended(store: Store, app: App) -> None:
    for name in ("b1", "b2"):
        store.builds.add(build(app, name))
    ended = replace(build(app, "b1"), status=BuildStatus.FAILED, updated_at=NOW + timedelta(seconds=9))
    store.builds.update(ended)
    store.builds.update(replace(ended, status=BuildStatus.SUCCEEDED))
    assert store.builds.of(app) == (build(app, "b2"), ended)
    store.builds.remove(ended)
    assert store.builds.of(app) == (build(app, "b2"),)


def test_the_newest_observation_of_a_kind_counts(store: Store, app: App) -> None:
    first = Observation(app.id, "web.1", "files", 3, [["/app/a", "added", "other"]], NOW)
    newer = replace(first, release=4, data={"port": 3001})
    other = replace(first, kind="sockets")
    for seen in (first, other, newer):
        store.observations.keep(seen)
    assert store.observations.of(app) == (newer, other)


def test_destroying_an_app_leaves_no_row_of_it_and_all_of_the_others(store: Store, app: App) -> None:
    for one in (app, store.apps.create("two", Path("/src/two"), NOW)):
        store.apps.change_config(one, {"A": "1"})
        store.apps.scale(one, (FormationEntry("web", 1, "basic"),))
        store.apps.set_buildpacks(one, ("heroku/python",))
        made = store.releases.add_slug(slug(one, "x"))
        store.releases.add(one, made, {}, "Deploy", "succeeded", NOW)
        store.builds.add(build(one, f"b-{one.name}", slug_id=made.id))
        store.releases.add_layer(Layer(one.id, "l1", "x", 1), NOW)
        store.dynos.save(dyno(one, "web.1"))
        store.dynos.ask_restart(one)
        store.oneoffs.add(OneOff(one.id, "run.1234", "up", 3, "basic", "ls", "c1", True, "up", NOW))
        store.observations.keep(Observation(one.id, "web.1", "files", 3, [], NOW))
        store.addons.add(credentials.new(one.id, "essential-0", "DATABASE_URL", NOW))
        store.drains.add(Drain(f"{one.name}-1", one.id, "https://logs.example.com", f"d.{one.name}", NOW))
        store.chaos.set(ChaosPlan(one.id, 6, 42, ("restart",), NOW))
        store.scheduled.claim(one, ScheduledCommand("a", "* * * * *"), NOW)
        store.features.enable(one, "preboot", NOW)
        store.transfers.add(transfer(one))
        store.backup_schedules.set(BackupSchedule(one.name, one.id, "db", "DATABASE_URL", 2, "UTC", NOW))
        store.domains.add(one, f"{one.name}.example.com", "x-y-z.herokudns.com", NOW)
    store.apps.destroy(app)
    tables = [row["name"] for row in store.db.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    tables.remove("changes")  # that it is gone is a change, too
    counts = {name: len(store.db.rows(f"SELECT 1 FROM {name}")) for name in tables}  # noqa: S608
    assert set(counts.values()) == {1}, counts


def test_what_is_not_there_is_a_lookup_error(store: Store, app: App) -> None:
    with pytest.raises(LookupError):
        store.apps.by_id(99)
    with pytest.raises(LookupError):
        store.releases.slug(99)
    with pytest.raises(LookupError):
        store.releases.version(app, 99)


def test_who_asks_for_changes_is_told_of_each_app_once_and_of_none_that_has_not_changed(store: Store, app: App) -> None:
    other = store.apps.create("two", None, NOW)
    number, changed = store.changes.since(0)
    assert set(changed) == {app.id, other.id}
    assert store.changes.since(number) == (number, ())
    store.dynos.save(dyno(app, "web.1"))
    store.apps.change_config(app, {"A": "1"})
    newer, changed = store.changes.since(number)
    assert changed == (app.id,)
    store.apps.destroy(other)
    assert store.changes.since(newer)[1] == (other.id,)


def test_an_app_has_a_number_that_grows_with_its_changes_and_not_with_those_of_others(store: Store, app: App) -> None:
    other = store.apps.create("other", None, NOW)
    before = store.changes.number(app)
    store.apps.set_maintenance(other, on=True)
    assert store.changes.number(app) == before
    store.apps.set_maintenance(app, on=True)
    assert store.changes.number(app) > before
    assert store.changes.number(replace(app, id=99)) == 0


def test_whatever_is_written_of_an_app_is_a_change(store: Store, app: App) -> None:
    """But not what only builds and deploys' folders keep."""
    tables = {
        row["name"]
        for row in store.db.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        if any(column["name"] == "app_id" for column in store.db.rows(f"PRAGMA table_info({row['name']})"))
    }
    unwatched = {"changes", "buildpacks", "builds", "folders", "layers", "slugs"}
    unwatched |= {"backup_schedules", "transfers"}
    assert tables - unwatched == {*WATCHED, "attachments", "observations"}
    for change in (
        lambda: store.features.enable(app, "preboot", NOW),
        lambda: store.features.disable(app, "preboot"),
        lambda: store.apps.scale(app, (FormationEntry("web", 1, "basic"),)),
        lambda: store.apps.scale(app, (FormationEntry("web", 2, "basic"),)),
    ):
        number, _ = store.changes.since(0)
        change()
        assert store.changes.since(number)[1] == (app.id,)


def test_apps_of_a_state_folder_from_before_are_known(store: Store, app: App) -> None:
    for row in store.db.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        store.db.run(f"DROP TRIGGER {row['name']}")
    store.db.run("DROP TABLE changes")
    store.db.run("ALTER TABLE apps DROP COLUMN cycle_every")
    store.db.run(f"PRAGMA user_version = {MIGRATIONS.index(CHANGES)}")
    later = Store(store.home)
    assert later.changes.since(0)[1] == (app.id,)
    number, _ = later.changes.since(0)
    later.apps.set_maintenance(app, on=True)
    assert later.changes.since(number)[1] == (app.id,)
