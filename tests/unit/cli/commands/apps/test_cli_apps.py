"""`apps:rename`, `apps:attach`, `apps:info`, and by what a command finds its app."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from verbs_kit import deploy, lines

from localku.context import Context
from localku.platform import views
from localku.records import App, FormationEntry
from localku.router.routing.table import StoreRoutes
from localku.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Command
    from fake_engine import FakeEngine


@pytest.mark.parametrize("name", ["two", "Two", "1st", "x", "a--", "a" * 31, ""])
def test_a_name_that_cannot_be_taken_changes_nothing(localku: Command, context: Context, app: App, name: str) -> None:
    context.store.apps.create("two", None, context.clock.now())
    done = localku("apps:rename", name)
    assert done.status == 1
    reason = "Name two is already taken." if name == "two" else f"'{name}' is not a valid app name."
    assert done.err.startswith(f" !     {reason}\n")
    assert [one.name for one in context.store.apps.all()] == ["one", "two"]
    assert context.store.apps.by_id(app.id) == app


def test_a_rename_changes_a_row_and_nothing_that_runs(
    localku: Command, context: Context, engine: FakeEngine, app: App
) -> None:
    deploy(context, app)
    folder = context.store.folder(app)
    before, done_before = Store(context.home).db.rows("SELECT * FROM apps"), list(engine.done)
    done = localku("apps:rename", "shop", "--app", "one")
    assert (done.out, done.err) == (f"shop-{app.domain_suffix}.herokuapp.com\n", "Renaming one to shop... done\n")
    renamed = context.store.apps.by_id(app.id)
    (row,) = Store(context.home).db.rows("SELECT * FROM apps")
    changed = {key for key in row.keys() if row[key] != before[0][key]}  # noqa: SIM118 - a row is no dict
    assert changed == {"name"}
    assert context.store.folder(renamed) == folder
    assert engine.done == done_before
    assert lines(context, renamed)[-1] == "app[api]: Rename one to shop by user localku"
    routes = StoreRoutes(context)
    found = routes.find("shop.localhost")
    assert found is not None
    assert found.name == "shop"
    assert routes.find("one.localhost") is None


def test_the_newest_image_goes_by_the_new_name(
    localku: Command, context: Context, engine: FakeEngine, app: App
) -> None:
    newest = "localku/one:latest"
    engine.images.tags.add(newest)
    engine.images.labels[newest] = context.labels(app)
    localku("apps:rename", "shop")
    assert engine.images.tags == {"localku/shop:latest"}


def test_an_image_of_that_name_that_is_not_ours_stays(localku: Command, engine: FakeEngine, app: App) -> None:
    engine.images.tags.add(f"localku/{app.name}:latest")
    engine.images.labels[f"localku/{app.name}:latest"] = {"org.localku.home": "elsewhere", "org.localku.app": "x"}
    localku("apps:rename", "shop")
    assert engine.images.tags == {"localku/one:latest"}


def test_info_says_what_the_app_is(localku: Command, context: Context, app: App) -> None:
    assert "Slug Size:  no slug yet\n" in localku("apps:info").out
    deploy(context, app)
    context.store.apps.scale(app, (FormationEntry("web", 1, "basic"),))
    shown = localku("apps:info", "-a", "one").out
    assert shown.startswith("=== one\n\n")
    rows = dict(re.findall(r"^([A-Z][A-Za-z ]+): +(.*)$", shown, re.MULTILINE))
    assert rows["ID"] == app.uuid
    assert rows["Folder"] == str(app.root)
    assert (rows["Stack"], rows["Web URL"]) == ("debian-14", "not running")
    found = json.loads(localku("apps:info", "--json").out)
    told = {key: found["app"][key] for key in ("id", "name", "slug_size", "stack", "web_url")}
    assert told == {
        "id": app.uuid,
        "name": "one",
        "slug_size": 1,
        "stack": views.named("stack", "debian-14"),
        "web_url": None,
    }
    assert (found["addons"], found["dynos"], found["folders"]) == ([], [], [str(app.root)])


def test_a_folder_is_attached_to_another_app(localku: Command, context: Context, app: App) -> None:
    context.store.apps.create("two", None, context.clock.now())
    assert "(no folder)" in localku("apps").out
    done = localku("apps:attach", "two")
    assert done.err == f" !     {app.root} was a folder of one until now.\n"
    assert done.out == f"{app.root} belongs to app two now.\n"
    assert json.loads(localku("apps:info", "--json").out)["app"]["name"] == "two"
    assert localku("apps:attach", "three").err.startswith(" !     Couldn't find that app: three.\n")


def test_info_for_a_shell_can_be_read_by_one(localku: Command, app: App) -> None:
    done = localku("apps:info", "--shell").out
    assert f"id={app.uuid}\n" in done
    assert "web_url=''\n" in done


def test_an_app_is_found_by_option_then_environment_then_folder(
    localku: Command, context: Context, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("two", "three", "four"):
        context.store.apps.create(name, None, context.clock.now())

    def found(*arguments: str) -> str:
        return str(json.loads(localku("apps:info", "--json", *arguments).out)["app"]["name"])

    assert found() == app.name
    monkeypatch.setenv("HEROKU_APP", "two")
    assert found() == "two"
    monkeypatch.setenv("LOCALKU_APP", "three")
    assert found() == "three"
    assert found("-a", "four") == "four"


def test_a_folder_that_moved_is_said_on_the_terminal(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()

    def said(folder: Path, *arguments: str) -> tuple[str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "localku", *arguments],
            cwd=folder,
            env={**os.environ, "LOCALKU_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout, done.stderr

    said(before, "create", "shop")
    before.rename(after)
    assert said(after, "config", "--json") == ("{}\n", f" !     {before} is {after} now; it is still app shop.\n")
    assert said(after, "config", "--json") == ("{}\n", "")
