from dataclasses import replace

import pytest
from fake_engine import FakeClock, FakeEngine
from verbs_kit import deploy, lines, slug

from localku import locks
from localku.context import Context
from localku.engine import labels
from localku.engine.spec import ContainerSpec
from localku.errors import LocalkuError, worded
from localku.platform import housekeeping
from localku.platform.addons import addons, provisioning
from localku.platform.app_facts import app_disk
from localku.platform.deploying import image_names
from localku.records import Addon, App
from localku.services.postgres import credentials, postgres_server


def versions(engine: FakeEngine) -> list[str]:
    return sorted(tag.removeprefix("localku/one:") for tag in engine.images.tags)


def prune(context: Context, app: App) -> int:
    """Take away what is left after a build that succeeded, and return how many images that were."""
    images = housekeeping._prune_slugs(context, app, housekeeping._kept(context, app))
    return images + housekeeping._remove_layers(context, housekeeping._unneeded(context, app))


def test_the_five_newest_slugs_stay(context: Context, engine: FakeEngine, app: App) -> None:
    for number in range(1, 8):
        slug(context, app, number)
    assert prune(context, app) == 2
    assert versions(engine) == ["deps-l1", "v3", "v4", "v5", "v6", "v7"]
    assert prune(context, app) == 0


def test_the_slug_that_runs_stays_however_old_it_is(context: Context, engine: FakeEngine, app: App) -> None:
    deploy(context, app, 1)
    for number in range(2, 8):
        slug(context, app, number)
    prune(context, app)
    assert versions(engine) == ["deps-l1", "v1", "v3", "v4", "v5", "v6", "v7"]


def test_layers_nothing_needs_go_with_their_record(context: Context, engine: FakeEngine, app: App) -> None:
    slug(context, app, 1, layer="old")
    for number in range(2, 7):
        slug(context, app, number, layer="new")
    assert prune(context, app) == 2
    assert [layer.fingerprint for layer in context.store.releases.layers(app)] == ["new"]
    assert versions(engine) == ["deps-new", "v2", "v3", "v4", "v5", "v6"]


def test_an_image_in_use_stays_and_is_tried_again(context: Context, engine: FakeEngine, app: App) -> None:
    slug(context, app, 1, layer="old")
    for number in range(2, 7):
        slug(context, app, number, layer="new")
    engine.images.in_use = {"localku/one:v1", "localku/one:deps-old"}
    assert prune(context, app) == 0
    assert [layer.fingerprint for layer in context.store.releases.layers(app)] == ["new", "old"]
    engine.images.in_use = set()
    assert prune(context, app) == 2


def test_before_a_build_images_go_and_layers_stay_for_it(context: Context, engine: FakeEngine, app: App) -> None:
    slug(context, app, 1, layer="old")
    for number in range(2, 6):
        slug(context, app, number, layer="new")
    housekeeping.prune_ahead(context, app)
    assert versions(engine) == ["deps-new", "deps-old", "v2", "v3", "v4", "v5"]
    slug(context, app, 6, layer="new")
    housekeeping.prune_layers(context, app)
    assert versions(engine) == ["deps-new", "v2", "v3", "v4", "v5", "v6"]


def test_images_that_are_gone_are_not_asked_for_again(
    context: Context, engine: FakeEngine, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 40):
        slug(context, app, number)
    prune(context, app)
    asked: list[str] = []
    monkeypatch.setattr(engine.images, "find", asked.append)
    slug(context, app, 40)
    prune(context, app)
    assert asked == ["localku/one:v35"]


def test_disk_use_counts_what_is_really_there(context: Context, engine: FakeEngine, app: App) -> None:
    assert housekeeping.disk_use(context, app) == housekeeping.DiskUse(0, 0, 0)
    for number in range(1, 4):
        slug(context, app, number)
    engine.images.tags.discard("localku/one:v2")
    assert housekeeping.disk_use(context, app) == housekeeping.DiskUse(2, 100, 20)


def test_what_an_image_adds_is_seen_by_what_it_stands_on(
    context: Context, engine: FakeEngine, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug(context, app, 1, layer="one")
    engine.images.parents["localku/one:v1"], engine.images.sizes["localku/one:deps-one"] = "localku/one:deps-one", 70
    monkeypatch.delattr(type(engine.images), "unique_size")
    assert housekeeping.disk_use(context, app) == housekeeping.DiskUse(1, 100, 30)


def test_what_apps_take_up_is_counted_once_and_only_theirs(context: Context, engine: FakeEngine, app: App) -> None:
    for number in range(1, 4):
        slug(context, app, number, layer="one")
    cache, marks = image_names.build_volume(context, app), context.labels(app)
    for name, size, role in (
        (cache, 1000, None),
        ("data", 200, labels.ROLE_POSTGRES),
        ("etc", 30, labels.ROLE_SYSTEM),
        ("another app's", 4000, None),
    ):
        engine.volumes.names.add(name)
        engine.volumes.bytes[name] = size
        engine.volumes.labels[name] = {**marks, **({labels.ROLE: role} if role else {})}
    engine.volumes.labels["another app's"] = {"else": "where"}
    (found,) = app_disk.of_all(context)
    assert found == app_disk.AppDisk(app, layers=4 * 10, cache=1000, data=200, other=30)
    assert found.total == 1270


def leave(context: Context, engine: FakeEngine, app: App, name: str, role: str, **more: str) -> None:
    engine.images.tags.add("x")
    marks = {**context.labels(app, role), **more}
    engine.containers.create(ContainerSpec("x", name, labels=marks))


def orphans(context: Context) -> list[str]:
    return [container.name for container in housekeeping.orphans(context)]


def test_orphans_are_what_nobody_who_runs_looks_after(context: Context, engine: FakeEngine, app: App) -> None:
    folder = context.store.folder(app)
    leave(context, engine, app, "build", labels.ROLE_BUILD)
    leave(context, engine, app, "web", labels.ROLE_DYNO, **{labels.TYPE: "web", labels.DYNO: "web.1"})
    leave(context, engine, app, "run", labels.ROLE_DYNO, **{labels.TYPE: "run", labels.DYNO: "run.1234"})
    leave(context, engine, app, "database", labels.ROLE_POSTGRES)
    assert orphans(context) == ["build", "web", "run", "database"]
    with locks.held(folder / "build.lock", "busy"), locks.held(folder / "run.1234.lock", "busy"):
        assert orphans(context) == ["web", "database"]
    with locks.held(folder / "supervisor.lock", "busy"), locks.held(folder / "addon.lock", "busy"):
        assert orphans(context) == ["build", "run"]


def test_a_database_of_an_addon_is_no_orphan_and_nothing_of_others_is(
    context: Context, engine: FakeEngine, app: App
) -> None:
    addon = attach(context, app)
    leave(context, engine, app, f"localku-{addon.name}", labels.ROLE_POSTGRES)
    leave(context, engine, app, "elsewhere", labels.ROLE_DYNO, **{labels.HOME: "another home"})
    assert orphans(context) == []


def test_leftovers_of_builds_go_and_dynos_stay(context: Context, engine: FakeEngine, app: App) -> None:
    leave(context, engine, app, "build", labels.ROLE_BUILD)
    leave(context, engine, app, "web", labels.ROLE_DYNO)
    housekeeping.remove_builds(context, app)
    assert [container.spec.name for container in engine.containers] == ["web"]
    assert "remove aside" in engine.done


def test_before_the_builds_volume_goes_the_files_of_its_containers_are_gone(
    context: Context, engine: FakeEngine, app: App
) -> None:
    leave(context, engine, app, "build", labels.ROLE_BUILD)
    housekeeping.remove_builds(context, app, waiting=True)
    assert not list(engine.containers)
    assert "remove aside" not in engine.done


def test_a_container_that_waits_for_the_next_build_stays_and_one_whose_build_was_killed_does_not(
    context: Context, engine: FakeEngine, app: App
) -> None:
    for name in ("localku-standby-1", "localku-build-1", "localku-standby-ended"):
        leave(context, engine, app, name, labels.ROLE_STANDBY)
        engine.containers.start(name)
    next(one for one in engine.containers if one.spec.name == "localku-standby-ended").exit(0)
    assert orphans(context) == ["localku-build-1", "localku-standby-ended"]
    with locks.held(context.store.folder(app) / "build.lock", "busy"):
        assert orphans(context) == []
    housekeeping.remove_builds(context, app)
    assert [container.spec.name for container in engine.containers] == ["localku-standby-1"]
    housekeeping.remove_builds(context, app, waiting=True)
    assert list(engine.containers) == []


def test_one_that_is_being_started_stays_and_goes_when_nobody_has_started_it(
    context: Context, engine: FakeEngine, clock: FakeClock, app: App
) -> None:
    leave(context, engine, app, "localku-standby-1", labels.ROLE_STANDBY)
    assert orphans(context) == []
    housekeeping.remove_builds(context, app)
    assert [container.spec.name for container in engine.containers] == ["localku-standby-1"]
    clock.later(300)
    assert orphans(context) == ["localku-standby-1"]
    housekeeping.remove_builds(context, app)
    assert list(engine.containers) == []


@pytest.mark.parametrize("starts", [True, False])
def test_what_waits_for_the_next_build_can_be_ended_unless_that_build_has_begun(
    context: Context, engine: FakeEngine, app: App, *, starts: bool
) -> None:
    leave(context, engine, app, "localku-standby-1", labels.ROLE_STANDBY)
    if not starts:
        engine.containers.start("localku-standby-1")
    leave(context, engine, app, "elsewhere", labels.ROLE_STANDBY, **{labels.HOME: "another home"})
    with locks.held(context.store.folder(app) / "build.lock", "busy"):
        housekeeping.end_standbys(context)
        assert len(list(engine.containers)) == 2
    housekeeping.end_standbys(context)
    assert [container.spec.name for container in engine.containers] == ["elsewhere"]


def attach(context: Context, app: App) -> Addon:
    fresh = credentials.new(app.id, "essential-0", "DATABASE_URL", context.clock.now())
    kept = context.store.addons.add(credentials.at(fresh, "172.18.0.1", 40000))
    context.store.apps.change_config(app, {"DATABASE_URL": credentials.url(kept)})
    return kept


def test_a_database_that_moved_gets_its_config_var_and_a_release(
    context: Context, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(context, app)
    addon = attach(context, app)
    monkeypatch.setattr(postgres_server, "running_at", lambda *_: ("172.19.0.1", 41000))
    provisioning.ensure_running(context, app)
    moved = replace(addon, host="172.19.0.1", port=41000)
    assert context.store.addons.of(app) == (moved,)
    current = context.store.releases.current(app)
    assert current is not None
    assert current.description == f"Update DATABASE_URL (@ref:{addon.name})"
    assert current.config["DATABASE_URL"] == credentials.url(moved)
    assert current.slug_id is not None
    assert "@172.19.0.1:41000/" in current.config["DATABASE_URL"]
    assert not [line for line in lines(context, app) if addon.password in line]
    provisioning.ensure_running(context, app)
    assert context.store.releases.current(app) == current


def test_a_database_that_stayed_where_it_was_makes_no_release(
    context: Context, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach(context, app)
    monkeypatch.setattr(postgres_server, "running_at", lambda *_: ("172.18.0.1", 40000))
    provisioning.ensure_running(context, app)
    assert len(context.store.releases.all(app)) == 2


def test_an_app_without_a_database_says_how_to_get_one(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError) as raised:
        addons.find(context, app)
    assert raised.value.message == "one has no add-ons."
    assert worded(raised.value.hint) == "`localku addons:create heroku-postgresql` provisions a database."


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [("heroku-postgresql", True), ("heroku-postgresql:mini", True), ("heroku-postgresqlx", False), ("redis", False)],
)
def test_which_addons_are_postgres(wanted: str, answer: bool) -> None:
    assert provisioning.is_postgres(wanted) is answer
