from pathlib import Path

import pytest
from fake_engine import FakeEngine
from verbs_kit import deploy, lines

from localku.cli import formation_args
from localku.context import Context
from localku.dyno import dyno_sizes
from localku.errors import LocalkuError
from localku.platform.dynos import filesystem, formation
from localku.platform.dynos.formation import Change
from localku.records import App, DynoRecord, FormationEntry
from localku.supervisor.dynos.dyno import fresh_record

TYPES = {"web": "serve", "worker": "work", "release": "migrate"}


def built(context: Context, app: App) -> formation.Entries:
    """Let the app have been built, and return its formation."""
    if not formation.types(context, app):
        deploy(context, app, types=TYPES)
    return formation.of(context, app)


def scaled(context: Context, app: App, *changes: str) -> dict[str, tuple[int, str]]:
    """As `ps:scale` does."""
    built(context, app)
    made = formation.update(context, app, formation_args.scaled(changes))
    return {entry.type: (entry.quantity, entry.size) for entry in made}


def resized(context: Context, app: App, *changes: str) -> None:
    """As `ps:type` does."""
    built(context, app)
    formation.update(context, app, formation_args.resized(changes))


def test_without_a_word_web_runs_once_and_nothing_else(context: Context, app: App) -> None:
    assert formation.desired(context, app, TYPES) == (
        FormationEntry("web", 1, "basic"),
        FormationEntry("worker", 0, "basic"),
    )


@pytest.mark.parametrize(
    ("change", "entry"),
    [
        ("web=1", {"web": (1, "basic")}),
        ("web=2:standard-1x", {"web": (2, "standard-1x")}),
        ("worker+1", {"worker": (1, "basic")}),
        ("web-1", {"web": (0, "basic")}),
        ("web-9", {"web": (0, "basic")}),
        ("web=1:Standard-2X", {"web": (1, "standard-2x")}),
        ("web=100:standard-1x", {"web": (100, "standard-1x")}),
        ("web=10:performance-l-ram", {"web": (10, "performance-l-ram")}),
    ],
)
def test_the_grammar_of_ps_scale(context: Context, app: App, change: str, entry: dict[str, tuple[int, str]]) -> None:
    assert scaled(context, app, change) == entry


def test_a_size_stays_until_another_is_given(context: Context, app: App) -> None:
    scaled(context, app, "web=1:standard-1x", "worker=2")
    assert scaled(context, app, "web+1") == {"web": (2, "standard-1x")}
    assert lines(context, app)[-3:] == [
        "app[api]: Scaled to web@1:Standard-1X by user localku",
        "app[api]: Scaled to worker@2:Standard-1X by user localku",
        "app[api]: Scaled to web@2:Standard-1X by user localku",
    ]


@pytest.mark.parametrize(
    "change", ["web", "web=", "web=x", "=1", "web=1:", "web==1", "web=-1", "web=1 ", "web=1\n", "web=٣"]
)
def test_what_is_no_formation_is_refused(context: Context, app: App, change: str) -> None:
    with pytest.raises(LocalkuError) as raised:
        scaled(context, app, change)
    assert raised.value.message == f"Invalid scale argument '{change}'."
    assert "web=2" in raised.value.hint


@pytest.mark.parametrize("name", ["clock", "release", "Web"])
def test_a_type_the_app_does_not_have(context: Context, app: App, name: str) -> None:
    with pytest.raises(LocalkuError) as raised:
        scaled(context, app, f"{name}=1")
    assert raised.value.message == f"Couldn't find that process type ({name})."
    assert raised.value.hint == "Process types: web, worker."


def test_sizes_and_numbers_heroku_does_not_have(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError, match="There is no dyno size 'huge'"):
        scaled(context, app, "web=1:huge")
    with pytest.raises(LocalkuError, match="There is no dyno size 'huge'"):
        resized(context, app, "huge")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (("web=2",), "Cannot update to more than 1 Basic size dynos per process type."),
        (("web=2:eco",), "Cannot update to more than 1 Eco size dynos per process type."),
        (("web=101:standard-2x",), "Cannot update to more than 100 Standard-2X size dynos per process type."),
        (("web=11:performance-l-ram",), "Cannot update to more than 10 Performance-L-RAM size dynos per process type."),
        (("worker=1:standard-2x",), "Cannot use the following dyno types in the same app: Basic and Standard-2X"),
        (("web=1:eco", "worker=1:basic"), "Cannot use the following dyno types in the same app: Eco and Basic"),
        (("web=60:standard-1x", "worker=41"), "Cannot run more than 100 dynos in one app; this makes 101."),
    ],
)
def test_formations_that_heroku_refuses(context: Context, app: App, changes: tuple[str, ...], message: str) -> None:
    with pytest.raises(LocalkuError) as raised:
        scaled(context, app, *changes)
    assert raised.value.message == message
    assert context.store.apps.formation(app) == ()


def test_types_without_dynos_follow_to_another_tier(context: Context, app: App) -> None:
    scaled(context, app, "web=2:standard-2x")
    assert formation.desired(context, app, TYPES)[1] == FormationEntry("worker", 0, "standard-1x")
    assert scaled(context, app, "worker+1") == {"worker": (1, "standard-1x")}


def test_one_size_for_all_or_one_for_a_type(context: Context, app: App) -> None:
    def sizes_now() -> dict[str, str]:
        return {entry.type: entry.size for entry in formation.sized(context, app, TYPES)}

    assert sizes_now() == {"web": "basic", "worker": "basic", "release": "basic"}
    resized(context, app, "Standard-1X")
    assert sizes_now() == {"web": "standard-1x", "worker": "standard-1x", "release": "standard-1x"}
    resized(context, app, "web=performance-m", "release=standard-2x")
    assert sizes_now() == {"web": "performance-m", "worker": "standard-1x", "release": "standard-2x"}
    assert [entry.quantity for entry in formation.desired(context, app, TYPES)] == [1, 0]
    with pytest.raises(LocalkuError, match="Couldn't find that process type"):
        resized(context, app, "clock=eco")


def test_an_app_without_process_types_has_no_formation(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError) as raised:
        formation.update(context, app, [Change("web", 1)])
    assert raised.value.message.splitlines() == [
        "No process types on one.",
        "Upload a Procfile to add process types.",
        "https://devcenter.heroku.com/articles/procfile",
    ]


def test_what_stands_in_place_of_a_procfile_is_pointed_out(context: Context, app: App, root: Path) -> None:
    (root / "procfile").write_text("web: serve\n")
    with pytest.raises(LocalkuError) as raised:
        formation.update(context, app, [Change("web", 1)], root)
    assert "There is a file `procfile`, but Heroku reads only `Procfile`: rename it." in raised.value.hint
    with pytest.raises(LocalkuError) as raised:
        formation.update(context, app, [Change("web", 1)])
    assert not raised.value.hint, "the server reads no app's folder"


def test_values_change_what_they_name_and_leave_the_rest(context: Context, app: App) -> None:
    built(context, app)
    made = formation.update(context, app, [Change("web", 2, "Standard-2X"), Change("worker", size="standard-1x")])
    assert made == (FormationEntry("web", 2, "standard-2x"), FormationEntry("worker", 0, "standard-1x"))
    assert formation.update(context, app, [Change("web")]) == (FormationEntry("web", 2, "standard-2x"),)


def test_two_steps_of_one_type_add_up(context: Context, app: App) -> None:
    assert scaled(context, app, "web=1:standard-1x", "web+1", "web+1") == {"web": (3, "standard-1x")}


def test_one_wrong_change_and_none_is_made(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError):
        scaled(context, app, "web=2", "clock=1")
    assert context.store.apps.formation(app) == ()


def test_app_json_may_name_sizes_of_old(context: Context, app: App) -> None:
    formation.from_app_json(context, app, {"web": (2, "Standard-1X"), "worker": (1, "hobby"), "clock": (1, None)})
    assert context.store.apps.formation(app) == (
        FormationEntry("clock", 1, "standard-1x"),
        FormationEntry("web", 2, "standard-1x"),
        FormationEntry("worker", 1, "standard-1x"),
    )


def test_sizes_are_found_in_any_spelling() -> None:
    assert dyno_sizes.named("Performance-L").memory == 14336
    assert dyno_sizes.named(dyno_sizes.DEFAULT).processes == 256


def test_sizes_are_shown_in_herokus_spelling() -> None:
    assert [size.shown for size in dyno_sizes.SIZES.values()] == [
        "Eco",
        "Basic",
        "Standard-1X",
        "Standard-2X",
        "Performance-M",
        "Performance-L",
        "Performance-L-RAM",
        "Performance-XL",
        "Performance-2XL",
    ]


def dynos(context: Context, app: App) -> dict[str, DynoRecord]:
    from dataclasses import replace

    records = [fresh_record(app, name, context.clock.now()) for name in ("web.1", "web.2", "worker.1")]
    records[0] = replace(records[0], container="c1", state="up")
    records[1] = replace(records[1], state="crashed")
    for record in records:
        context.store.dynos.save(record)
    return {record.name: record for record in records}


def test_only_dynos_with_a_container_have_files(context: Context, engine: FakeEngine, app: App) -> None:
    dynos(context, app)
    assert [record.name for record in filesystem.running(context, app)] == ["web.1"]
    with pytest.raises(LocalkuError) as raised:
        filesystem.running(context, app, "web.2")
    assert (raised.value.message, raised.value.hint) == ("There is no running dyno web.2.", "Running: web.1.")
