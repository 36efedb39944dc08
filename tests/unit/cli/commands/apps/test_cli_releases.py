import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeClock, FakeContainer, FakeEngine

from localku import locks
from localku.context import Context
from localku.platform import new_apps
from localku.platform.releasing import config, release_turn
from localku.records import Addon, App, Release, Slug
from localku.services.postgres import credentials
from localku.states import ReleaseStatus

Command = Callable[..., Any]


@pytest.fixture
def app(context: Context, root: Path) -> App:
    return new_apps.create(context, root, None)


def deploy(context: Context, app: App, number: int = 1, **types: str) -> Release:
    image = f"localku/one:v{number}"
    context.engine.images.tag(image, *image.split(":"))
    now = context.clock.now()
    slug = Slug(0, app.id, f"f{number}", image, "l", {"web": "serve", **types}, (), "debian-14", 1, f"c{number}", now)
    made = context.store.releases.add_slug(slug)
    return context.store.releases.add(
        app, made, context.store.apps.config(app), f"Deploy c{number}", "succeeded", context.clock.now()
    )


def addon(context: Context, app: App, name: str) -> Addon:
    made = credentials.new(app.id, "essential-0", "DATABASE_URL", context.clock.now())
    return context.store.addons.add(replace(made, name=name, host="h", port=1))


def exiting(status: int, text: str = "") -> Callable[[FakeContainer], None]:
    def started(container: FakeContainer) -> None:
        container.status = "running"
        container.print(text)
        container.exit(status)

    return started


def test_releases_prints_herokus_table(localku: Command, context: Context, clock: FakeClock, app: App) -> None:
    deploy(context, app)
    context.store.releases.add(app, None, {}, "Set A config vars", "failed", clock.now())
    clock.later(300)
    with locks.held(release_turn.lock(context, app), ""):
        context.store.releases.add(app, None, {}, "Set B config vars", "pending", clock.now())
        rows = localku("releases").out.splitlines()
    at = r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d [+-]\d{4}"
    assert rows[:3] == [
        "=== one Releases - Current: v3",
        "",
        "v   description                                  user     created_at",
    ]
    assert re.fullmatch(rf"v5  Set B config vars release command executing  localku  {at} \(~ 0s ago\)", rows[3])
    assert re.fullmatch(rf"v4  Set A config vars release command failed     localku  {at} \(~ 5m ago\)", rows[4])
    assert [row["version"] for row in json.loads(localku("releases", "--json", "-n", "2").out)] == [5, 4]
    assert localku("releases", "-n", "-1").status == 2


def test_info_tells_what_changed_and_the_config_vars(localku: Command, context: Context, app: App) -> None:
    addon(context, app, "postgresql-a")
    context.store.apps.change_config(app, {"LONG_NAME": "a b", "A": "1"})
    deploy(context, app)
    assert localku("releases:info").out.splitlines() == [
        "=== Release v3",
        "",
        "Add-ons:                essential-0",
        "By:                     localku",
        "Change:                 Deploy c1",
        "Eligible for Rollback?: Yes",
        f"When:                   {context.clock.now().isoformat()}",
        "",
        "=== v3 Config vars",
        "",
        "A:         1",
        "LONG_NAME: a b",
    ]
    assert localku("releases:info", "v3", "-s").out.endswith("A=1\nLONG_NAME='a b'\n")
    assert "Eligible for Rollback?: No" in localku("releases:info", "1").out
    told = json.loads(localku("releases:info", "V3", "--json").out)
    assert (told["config_vars"], told["eligible_for_rollback"]) == ({"A": "1", "LONG_NAME": "a b"}, True)


@pytest.mark.parametrize("name", ["v99", "v0", "x", "", "v3x", "-"])
def test_releases_that_are_none(localku: Command, app: App, name: str) -> None:
    for command in ("releases:info", "releases:output", "rollback"):
        done = localku(command, name)
        assert (done.status, done.err.splitlines()[0]) == (1, f" !     Couldn't find that release: {name}.")


def test_output_of_the_release_phase(localku: Command, context: Context, engine: FakeEngine, app: App) -> None:
    deploy(context, app, release="migrate")
    engine.on_start = exiting(3, "Migrating\nboom\n")
    failed = localku("config:set", "A=1")
    assert failed.status == 1
    assert "Release v4 failed: its release command `migrate` exited with status 3." in failed.err
    assert localku("releases:output").out == "Migrating\nboom\n"
    assert localku("releases:output", "v4").out == "Migrating\nboom\n"
    done = localku("releases:output", "v3")
    assert (done.status, done.out) == (0, "")
    assert done.err == " !     Release v3 has no release output available.\n"
    assert localku("config:get", "A").out == "1\n"


def test_rollback_releases_code_and_config_of_the_one_before(localku: Command, context: Context, app: App) -> None:
    context.store.apps.change_config(app, {"A": "old", "GONE": "x"})
    old = deploy(context, app, 1)
    context.store.apps.change_config(app, {"A": "new", "GONE": None, "ADDED": "y"})
    deploy(context, app, 2)
    done = localku("rollback")
    assert done.err.splitlines() == [
        "Rolling back one to v3... done, v5",
        " !     Rollback affects code and config vars; it doesn't add or remove addons.",
        " !     To undo, run: localku rollback v4 -a one",
    ]
    made = context.store.releases.current(app)
    assert made is not None
    assert (made.version, made.description, made.slug_id) == (5, "Rollback to v3", old.slug_id)
    assert context.store.apps.config(app) == made.config == {"A": "old", "GONE": "x"}
    log = [line.message for line in context.log(app).history(2)]
    assert log == ["Rollback to v3 by user localku", "Release v5 created by user localku"]
    assert localku("rollback", "v4").status == 0
    assert context.store.apps.config(app) == {"A": "new", "ADDED": "y"}


def test_rollback_leaves_a_moved_database_where_it_is(localku: Command, context: Context, app: App) -> None:
    addon(context, app, "postgresql-a")
    context.store.apps.change_config(app, {"DATABASE_URL": "postgres://old", "A": "1"})
    deploy(context, app, 1)
    context.store.apps.change_config(app, {"DATABASE_URL": "postgres://moved", "A": "2"})
    deploy(context, app, 2)
    assert localku("releases:rollback").status == 0
    assert context.store.apps.config(app) == {"DATABASE_URL": "postgres://moved", "A": "1"}


def refused(done: Any, message: str) -> None:
    assert (done.status, done.err.splitlines()[0]) == (1, f" !     {message}")
    assert len(done.err.splitlines()) > 1


def test_rollbacks_that_are_refused_change_nothing(localku: Command, context: Context, app: App) -> None:
    refused(localku("rollback"), "No eligible release found for one to roll back to.")
    deploy(context, app, 1)
    refused(localku("rollback"), "No eligible release found for one to roll back to.")
    refused(localku("rollback", "v1"), "v1 has no code: it is older than the first build.")
    context.store.releases.add(app, context.store.releases.slugs(app)[0], {}, "Bad", "failed", context.clock.now())
    refused(localku("rollback", "v4"), "v4 failed, so it cannot be rolled back to.")
    with locks.held(release_turn.lock(context, app), ""):
        slug = context.store.releases.slugs(app)[0]
        left = context.store.releases.add(app, slug, {}, "Slow", "pending", context.clock.now())
        refused(localku("rollback", "v5"), "The release command of v5 is still running.")
        context.store.releases.finish(left, ReleaseStatus.FAILED)
    made = addon(context, app, "postgresql-a")
    deploy(context, app, 2)
    done = localku("rollback", "v3")
    refused(done, "Cannot roll back to v3: postgresql-a was added after it.")
    assert "git checkout c1 && localku build" in done.err
    context.store.addons.remove(made)
    refused(localku("rollback", "v6"), "Cannot roll back to v6: postgresql-a was removed after it.")
    context.engine.images.remove("localku/one:v1")
    refused(localku("rollback", "v3"), "The slug of v3 is gone: localku keeps those of the newest builds.")
    assert len(context.store.releases.all(app)) == 6


def test_the_release_phase_of_a_rollback_can_stop_it(
    localku: Command, context: Context, engine: FakeEngine, app: App
) -> None:
    deploy(context, app, 1, release="migrate")
    now = deploy(context, app, 2)
    engine.on_start = exiting(1)
    done = localku("rollback")
    assert done.status == 1
    assert "Release v5 failed" in done.err
    assert context.store.releases.current(app) == now


def test_a_release_from_before_add_ons_were_noted_can_be_rolled_back_to(
    localku: Command, context: Context, app: App
) -> None:
    deploy(context, app, 1)
    addon(context, app, "postgresql-a")
    deploy(context, app, 2)
    context.store.db.run("UPDATE releases SET addons = NULL")
    assert localku("rollback").status == 0


def test_a_change_of_config_vars_says_the_same_release_number_as_the_log(
    localku: Command, context: Context, app: App
) -> None:
    config.change(context, app, {"A": "1"})
    assert localku("config:set", "A=1").err == "Setting A and restarting one... done, v4\n"


def test_config_vars_can_be_set_where_no_engine_answers(
    localku: Command, context: Context, engine: FakeEngine, app: App
) -> None:
    addon(context, app, "postgresql-a")
    deploy(context, app)
    engine.lost = True
    assert localku("config:set", "A=1").status == 0
