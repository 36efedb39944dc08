"""The postdeploy command of app.json runs once."""

import json
from pathlib import Path
from typing import Any

from fake_engine import FakeContainer, FakeEngine
from verbs_kit import deploy, lines

from localku.context import Context
from localku.platform.deploying import postdeploy
from localku.platform.deploying.take_over import take_over
from localku.project.project_files import Project
from localku.records import App


def ends(status: int, text: str) -> Any:
    def started(container: FakeContainer) -> None:
        container.status = "running"
        container.print(text)
        container.exit(status)

    return started


def taken(context: Context, app: App, root: Path) -> None:
    (root / "app.json").write_text(json.dumps({"scripts": {"postdeploy": "bin/seed --all"}}))
    take_over(context, app, Project(root), lambda _line: None)


def test_postdeploy_runs_once_in_a_one_off_dyno(context: Context, engine: FakeEngine, app: App, root: Path) -> None:
    taken(context, app, root)
    engine.on_start = ends(0, "seeding\ndone")
    deploy(context, app)
    said: list[str] = []
    for _ in range(2):
        postdeploy.run(context, app, said.append)
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
    taken(context, app, root)
    engine.on_start = ends(3, "boom\n")
    made, said = deploy(context, app), []
    postdeploy.run(context, app, said.append)
    assert " !     The postdeploy command `bin/seed --all` exited with status 3. The release stays current." in said
    assert context.store.releases.current(app) == made
    assert context.store.apps.take_postdeploy(app) is None


def test_an_app_without_postdeploy_runs_none(context: Context, engine: FakeEngine, app: App) -> None:
    deploy(context, app)
    postdeploy.run(context, app, lambda _line: None)
    assert engine.done == []
