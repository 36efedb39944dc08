from concurrent.futures import ThreadPoolExecutor

import pytest
from fake_engine import FakeClock, FakeContainer, FakeEngine
from verbs_kit import deploy, lines, slug

from localku import locks
from localku.context import Context
from localku.engine.engine_errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.platform.releasing import config, config_vars, release, release_output, release_turn
from localku.platform.releasing.release_errors import ReleaseFailed
from localku.platform.releasing.release_phase import RELEASE_PHASE
from localku.records import App
from localku.states import ReleaseStatus

PHASE = {"web": "serve", "release": "migrate"}


def test_names_of_config_vars() -> None:
    for name in ("A", "a_1", "_", "_A", "A__B", "__A", "PATH", "HEROKU_X"):
        config_vars.check({}, {name: "x"})
    for name in ("", "1A", "A-B", "A B", "Ä", "A\n", "A="):
        with pytest.raises(LocalkuError) as raised:
            config_vars.check({}, {name: "x"})
        assert raised.value.message == f"'{name}' is not a valid name for a config var."


def test_all_names_that_are_wrong_are_told_at_once() -> None:
    with pytest.raises(LocalkuError, match=r"^'1A', 'a-b' are not valid names for config vars\.$"):
        config_vars.check({}, {"a-b": "x", "OK": "x", "1A": "x"})


def test_names_that_heroku_keeps_for_itself() -> None:
    assert config_vars.reserved(["HEROKU_X", "HEROKUX", "__A", "_A", "A__"]) == ["HEROKU_X", "__A"]


def test_all_config_vars_together_hold_64_kb() -> None:
    config_vars.check({"A": "x" * 30000}, {"B": "y" * (64 * 1024 - 30002)})
    with pytest.raises(LocalkuError, match=r"would hold 65,537 bytes; Heroku allows 65,536 \(64 KB\) in all"):
        config_vars.check({"A": "x" * 30000}, {"B": "y" * (64 * 1024 - 30001)})
    with pytest.raises(LocalkuError):
        config_vars.check({}, {"A": "ü" * 33000})
    config_vars.check({"A": "x" * 60000}, {"A": "short", "B": "y" * 60000})


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"A": "1"}, "Set A config vars"),
        ({"A": "1", "B": ""}, "Set A, B config vars"),
        ({"A": None}, "Unset A config vars"),
        ({"A": "1", "B": None}, "Set A config vars, Unset B config vars"),
    ],
)
def test_the_description_of_a_change(changes: dict[str, str | None], text: str) -> None:
    assert config.describe(changes) == text


def test_a_change_makes_a_release_with_the_slug_there_was(context: Context, app: App) -> None:
    before = deploy(context, app)
    made = config.change(context, app, {"A": "1"})
    assert (made.version, made.description, made.status) == (4, "Set A config vars", "succeeded")
    assert (made.slug_id, dict(made.config)) == (before.slug_id, {"A": "1"})
    assert lines(context, app)[-2:] == [
        "app[api]: Set A config vars by user localku",
        "app[api]: Release v4 created by user localku",
    ]


def test_values_are_never_logged(context: Context, app: App) -> None:
    config.change(context, app, {"PASSWORD": "hunter2"})
    assert not [line for line in lines(context, app) if "hunter2" in line]


def test_unsetting_what_is_not_set_makes_no_release(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError, match="There is no config var NOPE on one"):
        config.change(context, app, {"NOPE": None})
    assert len(context.store.releases.all(app)) == 2


def test_a_refused_change_changes_nothing(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError):
        config.change(context, app, {"GOOD": "1", "NOT-GOOD": "2"})
    assert context.store.apps.config(app) == {}


def prints(*chunks: str, status: int) -> object:
    def started(container: FakeContainer) -> None:
        container.status = "running"
        for chunk in chunks:
            container.print(chunk)
        container.exit(status)

    return started


def test_a_release_is_in_force_when_its_phase_has_succeeded(context: Context, engine: FakeEngine, app: App) -> None:
    engine.on_start = prints("Applying 0001... ", "OK\r\nApplying", " 0002\n", status=0)  # type: ignore[assignment]
    said: list[str] = []
    made = release.make(
        context, app, phase=RELEASE_PHASE, slug=slug(context, app, 1, PHASE), description="Deploy f1", say=said.append
    )
    assert (made.status, context.store.releases.current(app)) == ("succeeded", made)
    assert said == ["Running release command...", "Applying 0001... OK", "Applying 0002"]
    name = next(line for line in lines(context, app) if line.startswith("heroku[release.")).split("]")[0][7:]
    assert lines(context, app)[4:] == [
        "app[api]: Deploy f1 by user localku",
        "app[api]: Running release v3 commands by user localku",
        "app[api]: Starting process with command `migrate` by user localku",
        f"heroku[{name}]: Starting process with command `migrate`",
        f"heroku[{name}]: State changed from starting to up",
        f"app[{name}]: Applying 0001... OK",
        f"app[{name}]: Applying 0002",
        f"heroku[{name}]: Process exited with status 0",
        f"heroku[{name}]: State changed from up to complete",
        "app[api]: Release v3 created by user localku",
    ]
    assert list(engine.containers) == []


def test_a_phase_that_fails_leaves_the_release_before_in_force(context: Context, engine: FakeEngine, app: App) -> None:
    before = deploy(context, app)
    engine.on_start = prints("boom\n", status=7)  # type: ignore[assignment]
    with pytest.raises(ReleaseFailed) as raised:
        release.make(
            context,
            app,
            phase=RELEASE_PHASE,
            slug=slug(context, app, 2, PHASE),
            description="Deploy f2",
            say=lambda _line: None,
        )
    assert raised.value.message == "Release v4 failed: its release command `migrate` exited with status 7."
    assert "The previous release stays current; config vars keep their new values." in raised.value.hint
    assert context.store.releases.current(app) == before
    assert context.store.releases.version(app, 4).status == "failed"
    assert lines(context, app)[-1] == "app[api]: Release v4 command failed by user localku"
    assert list(engine.containers) == []


def test_a_phase_that_cannot_even_run_is_failed_too(context: Context, engine: FakeEngine, app: App) -> None:
    made = slug(context, app, 1, PHASE)
    engine.lose_after = "create"
    with pytest.raises(EngineUnavailable):
        release.make(context, app, phase=RELEASE_PHASE, slug=made, description="Deploy f1", say=lambda _line: None)
    assert context.store.releases.version(app, 3).status == "failed"


def test_the_release_dyno_sees_the_new_config(context: Context, engine: FakeEngine, app: App) -> None:
    seen: list[dict[str, str]] = []
    done = prints(status=0)

    def look(container: FakeContainer) -> None:
        seen.append(dict(container.spec.environment))
        done(container)  # type: ignore[operator]

    engine.on_start = look
    context.store.apps.change_config(app, {"A": "new"})
    release.make(
        context,
        app,
        phase=RELEASE_PHASE,
        slug=slug(context, app, 1, PHASE),
        description="Deploy",
        say=lambda _line: None,
    )
    assert (seen[0]["A"], seen[0]["DYNO"].partition(".")[0], seen[0]["HOME"]) == ("new", "release", "/app")


def output(context: Context, app: App, version: int) -> bytes | None:
    found = release_output.read(context, app, context.store.releases.version(app, version))
    return None if found is None else b"".join(found)


def test_what_the_phase_prints_is_kept_beside_the_log(context: Context, engine: FakeEngine, app: App) -> None:
    engine.on_start = prints("half a line", ", the rest\n", status=0)  # type: ignore[assignment]
    release.make(
        context,
        app,
        phase=RELEASE_PHASE,
        slug=slug(context, app, 1, PHASE),
        description="Deploy",
        say=lambda _line: None,
    )
    assert output(context, app, 3) == b"half a line, the rest\n"
    assert output(context, app, 2) is None


def test_output_without_end_is_cut_and_that_of_old_ones_goes(context: Context, engine: FakeEngine, app: App) -> None:
    engine.on_start = prints("x" * 700_000, "y" * 700_000, "z", status=0)  # type: ignore[assignment]
    release.make(
        context,
        app,
        phase=RELEASE_PHASE,
        slug=slug(context, app, 1, PHASE),
        description="Deploy",
        say=lambda _line: None,
    )
    kept = output(context, app, 3) or b""
    assert kept.startswith(b"x" * 700_000 + b"y" * 348_576 + b"\n[more than 1048576 bytes")
    assert b"z" not in kept
    for version in range(100, 150):
        with release_output.Output(context, app, version) as one:
            one.write(b"!")
    assert output(context, app, 3) is None


def test_a_release_whose_localku_was_killed_in_its_phase_has_expired(context: Context, app: App) -> None:
    store = context.store.releases
    before = deploy(context, app)
    left = store.add(app, slug(context, app, 2, PHASE), {}, "Deploy f2", "pending", context.clock.now())
    made = config.change(context, app, {"A": "1"})
    assert store.version(app, left.version).status == "expired"
    assert (made.version, store.current(app)) == (left.version + 1, made)
    assert made.slug_id == before.slug_id
    assert "app[api]: Release v4 expired by user localku" in lines(context, app)


def test_a_release_in_its_phase_is_left_alone(context: Context, engine: FakeEngine, app: App) -> None:
    seen = []
    done = prints(status=0)

    def look(container: FakeContainer) -> None:
        release.settle(context, app)
        seen.append(context.store.releases.version(app, 3).status)
        done(container)  # type: ignore[operator]

    engine.on_start = look
    release.make(
        context,
        app,
        phase=RELEASE_PHASE,
        slug=slug(context, app, 1, PHASE),
        description="Deploy",
        say=lambda _line: None,
    )
    assert (seen, context.store.releases.version(app, 3).status) == (["pending"], "succeeded")
    assert locks.holder(release_turn.lock(context, app)) is None


def test_releases_made_at_the_same_time_are_numbered_without_gaps_and_none_is_taken_for_killed(
    context: Context, app: App
) -> None:
    names = [f"VAR_{number}" for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda name: config.change(context, app, {name: "1"}), names))
    assert sorted(one.version for one in made) == list(range(3, 15))
    assert {one.status for one in context.store.releases.all(app)} == {"succeeded"}
    newest = context.store.releases.current(app)
    assert newest is not None
    assert newest.config == dict.fromkeys(names, "1")


def test_the_output_of_a_release_command_that_still_runs_is_followed(
    context: Context, clock: FakeClock, app: App
) -> None:
    made = context.store.releases.add(app, None, {}, "Slow", "pending", context.clock.now())
    with release_output.Output(context, app, made.version) as printed:
        printed.write(b"begun\n")

        def end() -> None:
            printed.write(b"done\n")
            context.store.releases.finish(made, ReleaseStatus.SUCCEEDED)

        clock.on_sleep = end
        found = release_output.read(context, app, made)
        assert found is not None
        assert b"".join(found) == b"begun\ndone\n"
