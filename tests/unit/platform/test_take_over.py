import json
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeContainer, FakeEngine
from verbs_kit import deploy

from localku.context import Context
from localku.errors import LocalkuError, worded
from localku.platform.deploying import examined, take_over
from localku.platform.releasing import config_vars
from localku.platform.releasing.release_errors import ReleaseFailed
from localku.project.app_files import LeadsOut
from localku.project.project_files import Project
from localku.records import App, FormationEntry


def write(root: Path, **data: Any) -> None:
    (root / "app.json").write_text(json.dumps(data))


def taken(context: Context, app: App) -> list[str]:
    said: list[str] = []
    take_over.take_over(context, context.store.apps.by_id(app.id), Project(app.root or Path(), app.root), said.append)
    return said


def versions(context: Context, app: App) -> int:
    return len(context.store.releases.all(app))


def test_an_app_without_files_stays_as_it_is(context: Context, app: App) -> None:
    assert taken(context, app) == []
    assert versions(context, app) == 2


def test_app_json_gives_a_new_app_values_secrets_and_a_formation(context: Context, app: App, root: Path) -> None:
    write(
        root,
        env={"A": "1", "KEY": {"generator": "secret"}, "MAYBE": {"required": False}},
        formation={"web": {"quantity": 2, "size": "standard-1x"}},
    )
    said = taken(context, app)
    config = context.store.apps.config(app)
    assert (config["A"], len(config["KEY"])) == ("1", 64)
    assert set(config) == {"A", "KEY"}
    assert said == ["Setting A, KEY from app.json"]
    assert context.store.apps.formation(app) == (FormationEntry("web", 2, "standard-1x"),)
    assert context.store.releases.all(app)[0].description == "Set A, KEY config vars"


def test_config_vars_that_app_json_requires_are_named(context: Context, app: App, root: Path) -> None:
    token = {"description": "From the provider's page."}
    write(root, env={"A": "1", "TOKEN": token, "OTHER": {"required": True}}, formation={"web": {"quantity": 1}})
    with pytest.raises(take_over.ConfigWanted) as raised:
        taken(context, app)
    assert raised.value.message == "app.json requires config vars that have no value: TOKEN, OTHER."
    assert (
        worded(raised.value.hint) == "TOKEN: From the provider's page.\nlocalku config:set TOKEN=... OTHER=... -a one"
    )
    assert (context.store.apps.config(app), context.store.apps.formation(app)) == ({}, ())
    context.store.apps.change_config(app, {"TOKEN": "t"})
    (root / ".env").write_text("OTHER=o\n")
    taken(context, app)
    assert context.store.apps.config(app) == {"A": "1", "TOKEN": "t", "OTHER": "o"}


def test_a_database_url_is_nobodys_to_set_where_app_json_asks_for_a_database(
    context: Context, app: App, root: Path
) -> None:
    write(root, env={"DATABASE_URL": {"required": True}}, addons=["heroku-postgresql:essential-0"])
    assert taken(context, app) == []


def test_app_json_is_read_only_when_the_app_is_new(context: Context, app: App, root: Path) -> None:
    write(root, env={"A": "1"}, formation={"web": {"quantity": 2, "size": "standard-1x"}})
    taken(context, app)
    write(root, env={"A": "2", "B": "2"}, formation={"web": {"quantity": 5}})
    assert taken(context, app) == []
    assert context.store.apps.config(app) == {"A": "1"}
    assert context.store.apps.formation(app) == (FormationEntry("web", 2, "standard-1x"),)


def test_an_app_that_was_built_is_not_new(context: Context, app: App, root: Path) -> None:
    deploy(context, app)
    write(root, env={"A": "1"})
    assert taken(context, app) == []
    assert context.store.apps.config(app) == {}


def test_a_secret_is_made_once(context: Context, app: App, root: Path) -> None:
    write(root, env={"KEY": {"generator": "secret"}})
    taken(context, app)
    first = context.store.apps.config(app)
    taken(context, app)
    assert context.store.apps.config(app) == first


def test_env_is_taken_over_when_it_is_new_and_when_it_changes(context: Context, app: App, root: Path) -> None:
    (root / ".env").write_text("A=1\nPORT=5000\nHOME=/me\n")
    assert taken(context, app) == [f"Setting A from .env ({take_over.ELSEWHERE})"]
    assert context.store.apps.config(app) == {"A": "1"}
    context.store.apps.change_config(app, {"A": "changed by hand"})
    assert taken(context, app) == []
    assert context.store.apps.config(app) == {"A": "changed by hand"}
    (root / ".env").write_text("B=2\n")
    assert taken(context, app) == [f"Setting B from .env ({take_over.ELSEWHERE})"]
    assert context.store.apps.config(app) == {"A": "changed by hand", "B": "2"}


def test_env_beats_app_json(context: Context, app: App, root: Path) -> None:
    write(root, env={"A": "from app.json"})
    (root / ".env").write_text("A=from env\n")
    taken(context, app)
    assert context.store.apps.config(app) == {"A": "from env"}
    assert versions(context, app) == 3


def test_values_that_are_there_already_make_no_release(context: Context, app: App, root: Path) -> None:
    context.store.apps.change_config(app, {"A": "1"})
    (root / ".env").write_text("A=1\n")
    taken(context, app)
    assert versions(context, app) == 2


def test_names_in_env_that_are_no_config_vars_are_left_out_and_told_together(
    context: Context, app: App, root: Path
) -> None:
    (root / ".env").write_text("my-var=1\na.b=2\nOK=3\nHEROKU_API_KEY=4\n__X=5\n")
    assert taken(context, app) == [
        " !     .env: left out a.b, my-var: a config var's name has letters, digits and underscores.",
        f"Setting HEROKU_API_KEY, OK, __X from .env ({take_over.ELSEWHERE})",
        f" !     HEROKU_API_KEY: {config_vars.ADVICE}",
        f" !     __X: {config_vars.ADVICE}",
    ]
    assert context.store.apps.config(app) == {"OK": "3", "HEROKU_API_KEY": "4", "__X": "5"}


def test_a_name_of_herokus_in_app_json_is_taken_with_a_warning(context: Context, app: App, root: Path) -> None:
    write(root, env={"HEROKU_APP_NAME": "mine"})
    assert taken(context, app) == [
        "Setting HEROKU_APP_NAME from app.json",
        f" !     HEROKU_APP_NAME: {config_vars.ADVICE}",
    ]


def test_an_env_that_is_refused_is_refused_until_it_is_right(context: Context, app: App, root: Path) -> None:
    (root / ".env").write_text(f"A=1\nBIG={'x' * 70000}\n")
    for _ in range(2):
        with pytest.raises(LocalkuError):
            taken(context, app)
    assert context.store.apps.config(app) == {}
    (root / ".env").write_text("A=1\n")
    taken(context, app)
    assert context.store.apps.config(app) == {"A": "1"}


def test_an_env_whose_release_phase_fails_is_set_and_not_tried_for_ever(
    context: Context, engine: FakeEngine, app: App, root: Path
) -> None:
    deploy(context, app, 1, {"web": "serve", "release": "migrate"})
    engine.on_start = FakeContainer.exit_at_once
    (root / ".env").write_text("A=1\n")
    with pytest.raises(ReleaseFailed):
        taken(context, app)
    assert context.store.apps.config(app) == {"A": "1"}
    assert taken(context, app) == [f"Setting A from .env ({take_over.ELSEWHERE})"]
    assert taken(context, app) == []


def test_who_decides_on_the_buildpacks(context: Context, app: App, root: Path) -> None:
    assert examined.plan_for(context, app).decided_by == "detection"
    (root / ".buildpacks").write_text("https://example.com/a.git\n")
    assert examined.plan_for(context, app).decided_by == ".buildpacks"
    write(root, buildpacks=[{"url": "heroku/python"}])
    assert examined.plan_for(context, app).references == ("heroku/python",)
    context.store.apps.set_buildpacks(app, ("heroku/nodejs",))
    assert worded(examined.plan_for(context, app).decided_by) == "localku buildpacks"


def test_an_env_file_of_somebody_else_is_not_taken(context: Context, app: App, root: Path) -> None:
    (root.parent / "credentials").write_text("AWS_SECRET=very-secret\n")
    (root / ".env").symlink_to("../credentials")
    with pytest.raises(LeadsOut, match=r"\.env leads by a link out of the app's folder") as raised:
        taken(context, app)
    assert "secret" not in worded(raised.value.hint)
    assert context.store.apps.config(app) == {}
