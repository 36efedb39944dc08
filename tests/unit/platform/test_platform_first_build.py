"""What a first build does once, and what it leaves when it fails."""

import json
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeContainer, FakeEngine
from verbs_kit import deploy, lines, slug

from localku.context import Context
from localku.errors import LocalkuError
from localku.platform import first_build, postdeploy, setup
from localku.slugs.builder import BuildFailed, Undetected
from localku.store.records import App


def ends(status: int, text: str) -> Any:
    def started(container: FakeContainer) -> None:
        container.status = "running"
        container.print(text)
        container.exit(status)

    return started


def take_over(context: Context, app: App, root: Path) -> None:
    (root / "app.json").write_text(json.dumps({"scripts": {"postdeploy": "bin/seed --all"}}))
    setup.take_over(context, app, lambda _line: None)


def test_postdeploy_runs_once_in_a_one_off_dyno(context: Context, engine: FakeEngine, app: App, root: Path) -> None:
    take_over(context, app, root)
    engine.on_start = ends(0, "seeding\ndone")
    made, said = deploy(context, app), []
    for _ in range(2):
        postdeploy.run(context, app, made, slug(context, app), said.append)
    assert [line.strip() for line in said] == [
        "-----> Running postdeploy command of app.json...",
        "seeding",
        "done",
    ]
    started = [line for line in lines(context, app) if "Starting process" in line]
    assert started[0] == "app[api]: Starting process with command `bin/seed --all` by user localku"
    assert started[1].startswith("heroku[run.")
    assert list(engine.containers) == []


def test_a_postdeploy_that_fails_is_told_and_does_not_run_again(
    context: Context, engine: FakeEngine, app: App, root: Path
) -> None:
    take_over(context, app, root)
    engine.on_start = ends(3, "boom\n")
    made, said = deploy(context, app), []
    postdeploy.run(context, app, made, slug(context, app), said.append)
    assert " !     The postdeploy command `bin/seed --all` exited with status 3. The release stays." in said
    assert context.store.releases.current(app) == made
    assert context.store.apps.take_postdeploy(app) is None


def test_an_app_without_postdeploy_runs_none(context: Context, engine: FakeEngine, app: App) -> None:
    postdeploy.run(context, app, deploy(context, app), slug(context, app), lambda _line: None)
    assert engine.done == []


def fail(context: Context, app: App, error: LocalkuError) -> None:
    with pytest.raises(type(error)), first_build.undone(context, app):
        raise error


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the apps that were destroyed."""
    names: list[str] = []
    monkeypatch.setattr(first_build.destroy, "destroy", lambda _context, app: names.append(app.name))
    return names


def test_a_folder_that_is_no_app_leaves_none(context: Context, app: App, gone: list[str]) -> None:
    fail(context, app, Undetected("no default language could be detected", ()))
    fail(context, app, LocalkuError("Procfile: no"))
    assert gone == ["one", "one"]


@pytest.mark.parametrize("error", [BuildFailed("failed to compile Python app", ()), setup.ConfigWanted("TOKEN")])
def test_an_app_that_only_lacks_a_config_var_stays(
    context: Context, app: App, gone: list[str], error: LocalkuError
) -> None:
    fail(context, app, error)
    assert gone == []


def test_an_app_with_anything_of_its_own_stays(context: Context, app: App, gone: list[str]) -> None:
    context.store.apps.change_config(app, {"A": "1"})
    fail(context, app, Undetected("", ()))
    context.store.apps.change_config(app, {"A": None})
    deploy(context, app)
    fail(context, app, Undetected("", ()))
    assert gone == []
