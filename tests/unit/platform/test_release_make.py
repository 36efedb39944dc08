"""One release of an app at a time, and none that brings back old code or starts with an old address."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import pytest
from fake_engine import FakeClock, FakeContainer, FakeEngine
from verbs_kit import deploy, lines, slug

from localku import locks
from localku.context import Context
from localku.errors import LocalkuError
from localku.platform import new_apps
from localku.platform.addons import addons, provisioning
from localku.platform.addons.provisioning import Wish
from localku.platform.dynos import oneoff_order
from localku.platform.releasing import config, release, release_turn, releases
from localku.platform.releasing.release_errors import ReleaseBusy, ReleaseExpired, ReleaseFailed
from localku.platform.releasing.release_phase import RELEASE_PHASE
from localku.records import Addon, App, Release
from localku.services.postgres import credentials, postgres_image, postgres_server

TYPES = {"web": "serve", "release": "migrate"}
HOST = "172.18.0.1"


class Phase:
    """A release command that runs until the test says `end`; `environments` are those of all dynos."""

    def __init__(self, engine: FakeEngine) -> None:
        self.begun, self.end = threading.Event(), threading.Event()
        self.status = 0
        self.environments: list[dict[str, str]] = []
        engine.on_start = self._started

    def _started(self, container: FakeContainer) -> None:
        container.status = "running"
        self.environments.append(dict(container.spec.environment))
        self.begun.set()
        assert self.end.wait(20)
        container.exit(self.status)


@pytest.fixture
def phase(engine: FakeEngine) -> Phase:
    return Phase(engine)


@pytest.fixture
def pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(4)


class Database:
    """The server of the app's database, which may have moved."""

    def __init__(self, addon: Addon) -> None:
        self.addon, self.port, self.up = addon, addon.port, False

    def url(self) -> str:
        return credentials.url(credentials.at(self.addon, HOST, self.port))

    def running_at(self, *_: object) -> tuple[str, int] | None:
        return (HOST, self.port) if self.up else None

    def start(self, *_: object) -> tuple[str, int]:
        self.up = True
        return HOST, self.port


@pytest.fixture
def database(context: Context, app: App, monkeypatch: pytest.MonkeyPatch) -> Database:
    """It is stopped, and has been at port 5001."""
    added = context.store.addons.add(credentials.new(app.id, "essential-0", "DATABASE_URL", context.clock.now()))
    context.store.addons.move(added, HOST, 5001)
    made = Database(credentials.at(added, HOST, 5001))
    monkeypatch.setattr(postgres_image, "ensure", lambda *_: "localku/services/postgres:17")
    for verb in ("running_at", "start"):
        monkeypatch.setattr(postgres_server, verb, getattr(made, verb))
    config.change(context, app, {"DATABASE_URL": made.url()}, over_attachments=True)
    return made


def shipped(context: Context, app: App, number: int) -> Release:
    """Deploy with the release phase."""
    return release.make(
        context,
        app,
        phase=RELEASE_PHASE,
        slug=slug(context, app, number, TYPES),
        description=f"Deploy f{number}",
        say=lambda _: None,
    )


def code(context: Context, app: App) -> str:
    found = context.store.releases.current_slug(app)
    return found.fingerprint if found else ""


def overtaking(
    phase: Phase, pool: ThreadPoolExecutor, context: Context, app: App, then: Callable[[], object]
) -> tuple[Release, Future[object]]:
    """Deploy f2 over f1, ask for `then` while f2's release command runs, and let that end."""
    deploy(context, app, 1)
    deploying = pool.submit(shipped, context, app, 2)
    assert phase.begun.wait(20)
    other = pool.submit(then)
    with pytest.raises(TimeoutError):
        other.result(0.3)
    phase.end.set()
    return deploying.result(20), other


def test_a_config_change_in_a_release_phase_waits_and_keeps_the_new_code(
    context: Context, app: App, phase: Phase, pool: ThreadPoolExecutor
) -> None:
    said: list[str] = []
    deployed, other = overtaking(
        phase, pool, context, app, lambda: config.change(context, app, {"A": "1"}, said.append)
    )
    changed = other.result(20)
    assert (deployed.version, deployed.status, deployed.config) == (4, "succeeded", {})
    assert isinstance(changed, Release)
    assert (changed.version, changed.status, changed.slug_id) == (5, "succeeded", deployed.slug_id)
    assert code(context, app) == "f2"
    assert said == ["Waiting for release v4 of one...", "Running release command..."]
    assert [one["A"] for one in phase.environments if "A" in one] == ["1"]


def test_an_addon_made_in_a_release_phase_waits_and_keeps_the_new_code(
    context: Context, app: App, phase: Phase, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_image, "ensure", lambda *_: "localku/services/postgres:17")
    for verb in ("running_at", "start"):
        monkeypatch.setattr(postgres_server, verb, lambda *_: (HOST, 5001))
    said: list[str] = []
    deployed, other = overtaking(
        phase,
        pool,
        context,
        app,
        lambda: addons.create(context, app, Wish("heroku-postgresql"), lambda *_: None, said.append),
    )
    other.result(20)
    assert deployed.version == 4
    assert [one.slug_id for one in context.store.releases.all(app)[:3]] == [deployed.slug_id] * 3
    assert code(context, app) == "f2"
    assert said[0] == "Waiting for release v4 of one..."


def test_a_database_that_moves_before_a_release_phase_is_released_first(
    context: Context, app: App, phase: Phase, database: Database
) -> None:
    deploy(context, app, 1)
    database.port = 5002
    phase.end.set()
    made = shipped(context, app, 2)
    newest, moved, *_ = context.store.releases.all(app)
    assert (newest, newest.version) == (made, moved.version + 1)
    assert moved.description == f"Update DATABASE_URL (@ref:{database.addon.name})"
    assert made.config["DATABASE_URL"] == moved.config["DATABASE_URL"] == database.url()
    assert [one["DATABASE_URL"] for one in phase.environments] == [database.url()]
    assert code(context, app) == "f2"


def test_a_rollback_asked_for_in_a_release_phase_comes_after_it(
    context: Context, app: App, phase: Phase, pool: ThreadPoolExecutor
) -> None:
    def back() -> Release:
        return releases.rollback(context, app, releases.find(context, app, "v3"), lambda _: None)

    deployed, other = overtaking(phase, pool, context, app, back)
    assert deployed.status == "succeeded"
    assert other.result(20) == context.store.releases.all(app)[0]
    assert code(context, app) == "f1"


def test_whoever_waits_gives_up_after_the_limit_of_a_phase(
    context: Context, app: App, clock: FakeClock, phase: Phase, pool: ThreadPoolExecutor
) -> None:
    said: list[str] = []
    deploying = pool.submit(shipped, context, app, 1)
    assert phase.begun.wait(20)
    waiting = pool.submit(config.change, context, app, {"A": "1"}, said.append)
    with pytest.raises(TimeoutError):
        waiting.result(0.3)
    clock.later(release.LIMIT)
    with pytest.raises(ReleaseBusy) as raised:
        waiting.result(20)
    assert raised.value.message == "Release v3 of one is still being made; this one was not."
    assert raised.value.text().endswith("Try again when it is over: `localku releases -a one` lists it.")
    assert context.store.apps.config(app) == {}
    assert said == ["Waiting for release v3 of one..."]
    phase.end.set()
    assert deploying.result(20).status == "succeeded"


def test_what_cannot_wait_is_told_at_once(context: Context, app: App) -> None:
    with locks.held(release_turn.lock(context, app), ""), pytest.raises(ReleaseBusy, match="Another release of one"):
        release.make(
            context,
            app,
            phase=RELEASE_PHASE,
            description="Later",
            patience=0,
            say=lambda _: pytest.fail("it does not wait"),
        )


def test_a_release_that_is_overtaken_all_the_same_has_expired(context: Context, app: App, engine: FakeEngine) -> None:
    """As by a localku of before, which knows of no turn."""
    before = deploy(context, app, 1)

    def overtaken(container: FakeContainer) -> None:
        old = context.store.releases.slug(before.slug_id or 0)
        context.store.releases.add(app, old, {}, "Set A config vars", "succeeded", context.clock.now())
        container.status = "running"
        container.exit(0)

    engine.on_start = overtaken
    with pytest.raises(ReleaseExpired, match="Release v4 of one has expired: a newer one took effect before it"):
        shipped(context, app, 2)
    assert [one.status for one in context.store.releases.all(app)[:2]] == ["succeeded", "expired"]


def test_a_one_off_dyno_is_ordered_with_the_address_that_a_database_has_moved_to(
    context: Context, app: App, database: Database
) -> None:
    deploy(context, app, 1)
    config.change(context, app, {"DATABASE_URL": database.url()}, over_attachments=True)
    database.port = 5002
    dyno = oneoff_order.order(context, app, "run", "env")
    assert dyno.release.config["DATABASE_URL"] == database.url()
    assert dyno.release == context.store.releases.current(app)


def test_a_one_off_dyno_of_an_app_without_code_is_refused_before_anything_starts(
    context: Context, app: App, database: Database
) -> None:
    with pytest.raises(LocalkuError, match="one has not been built yet"):
        oneoff_order.order(context, app, "run", "env")
    assert not database.up


def test_two_who_notice_the_same_move_make_one_release_of_it(
    context: Context, app: App, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(context, app, 1)
    database.port = 5002
    follow = release.follow

    def both(*given: object, **named: object) -> None:
        monkeypatch.setattr(release, "follow", follow)
        provisioning.ensure_running(context, app)
        follow(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(release, "follow", both)
    provisioning.ensure_running(context, app)
    found = [one.description for one in context.store.releases.all(app)]
    assert len([one for one in found if one.startswith("Update DATABASE_URL")]) == 1


@pytest.mark.parametrize("at", ["config", "number"])
def test_a_release_that_is_broken_off_half_way_changes_nothing(
    context: Context, app: App, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    deploy(context, app, 1)
    before = (context.store.apps.config(app), context.store.releases.all(app))
    table, verb = (context.store.apps, "change_config") if at == "config" else (context.store.releases, "add")
    real = getattr(table, verb)

    def dies(*given: object, **named: object) -> None:
        real(*given, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(table, verb, dies)
    with pytest.raises(KeyboardInterrupt):
        config.change(context, app, {"A": "1"})
    assert (context.store.apps.config(app), context.store.releases.all(app)) == before


def test_a_new_app_has_its_two_releases_or_is_none(
    context: Context, root: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = context.store.releases.add

    def dies_at_the_second(*given: object, **named: object) -> Release:
        made = real(*given, **named)  # type: ignore[arg-type]
        if made.version == 2:
            raise KeyboardInterrupt
        return made

    monkeypatch.setattr(context.store.releases, "add", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        new_apps.create(context, root, "fresh")  # type: ignore[arg-type]
    assert context.store.apps.named("fresh") is None


def test_the_number_is_told_when_it_is_taken_and_before_the_phase(context: Context, app: App, phase: Phase) -> None:
    phase.end.set()
    heard: list[object] = []
    release.make(
        context,
        app,
        phase=RELEASE_PHASE,
        slug=slug(context, app, 1, TYPES),
        description="Deploy f1",
        actor="somebody",
        say=heard.append,
        numbered=lambda made: heard.append((made.version, made.status)),
    )
    assert heard == [(3, "pending"), "Running release command..."]
    assert "app[api]: Release v3 created by user somebody" in lines(context, app)
    assert context.store.releases.all(app)[0].actor == "somebody"


def test_a_phase_that_fails_gives_the_turn_on(context: Context, app: App, phase: Phase) -> None:
    phase.status = 1
    phase.end.set()
    with pytest.raises(ReleaseFailed):
        shipped(context, app, 1)
    assert config.change(context, app, {"A": "1"}).version == 4


def test_two_changes_that_are_too_large_together_are_not_both_made(
    context: Context, app: App, phase: Phase, pool: ThreadPoolExecutor
) -> None:
    """The second is checked again when it is its turn."""
    deploying = pool.submit(shipped, context, app, 1)
    assert phase.begun.wait(20)
    changes = [pool.submit(config.change, context, app, {name: "x" * 40_000}, lambda _: None) for name in "AB"]
    phase.end.set()
    deploying.result(20)
    errors = [one.exception(20) for one in changes]
    assert [type(one) for one in errors if one is not None] == [LocalkuError]
    assert len(context.store.apps.config(app)) == 1


def test_an_app_that_is_destroyed_while_somebody_waits_has_no_more_releases(context: Context, app: App) -> None:
    context.store.apps.destroy(app)
    with pytest.raises(LocalkuError, match="one was destroyed"):
        config.change(context, app, {"A": "1"})


def created(context: Context, app: App, version: int) -> datetime:
    """When the log says that the release was created."""
    lines = context.log(app).history(1500, source="app", proc="api")
    (found,) = [line.time for line in lines if line.message.startswith(f"Release v{version} created")]
    return found


def test_the_log_tells_of_a_release_before_its_dynos_start(
    context: Context, app: App, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes it may be slow to write: the supervisor is not slow to see it."""
    real, moments = release._tell_log, list[datetime]()

    def slow(*told: object) -> None:
        clock.later(5)
        real(*told)  # type: ignore[arg-type]

    monkeypatch.setattr(release, "_tell_log", slow)
    made = config.change(context, app, {"A": "1"})
    assert created(context, app, made.version) == made.created_at
    finish = context.store.releases.finish

    def finished(*given: object) -> Release:
        moments.append(clock.now())
        done = finish(*given)  # type: ignore[arg-type]
        clock.later(5)
        return done

    monkeypatch.setattr(context.store.releases, "finish", finished)
    monkeypatch.setattr(type(RELEASE_PHASE), "run", lambda *_: None)
    phased = shipped(context, app, 1)
    assert created(context, app, phased.version) == moments[-1]
