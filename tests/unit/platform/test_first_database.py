"""A database comes where Heroku would make one, or where a driver wants one; never for what only reads a URL."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from verbs_kit import deploy

from localku.context import Context
from localku.platform.addons import provisioning
from localku.platform.deploying.first_database import FirstDatabase, needed, provision
from localku.project.project_files import Project
from localku.records import App
from localku.services.postgres import credentials

ASKED = "required by the buildpack or app.json"
POSTGRES = ("heroku-postgresql",)


def test_a_url_parser_wants_none(context: Context, app: App, root: Path) -> None:
    (root / "requirements.txt").write_text("Django\ndj-database-url\ngunicorn\n")
    assert needed(context, app, Project(root), ()) is None


def test_what_heroku_makes(context: Context, app: App, root: Path) -> None:
    (root / "requirements.txt").write_text("psycopg2-binary\n")
    assert needed(context, app, Project(root), ("redis", *POSTGRES)) == FirstDatabase(
        "heroku-postgresql", ASKED, on_heroku=True
    )
    (root / "app.json").write_text(json.dumps({"addons": ["heroku-redis", "heroku-postgresql:standard-0"]}))
    assert needed(context, app, Project(root), POSTGRES) == FirstDatabase(
        "heroku-postgresql:standard-0", ASKED, on_heroku=True
    )


def test_what_only_a_driver_wants(context: Context, app: App, root: Path) -> None:
    (root / "requirements.txt").write_text("Flask\npsycopg[binary]\n")
    expected = FirstDatabase("heroku-postgresql", "requirements.txt lists psycopg", on_heroku=False)
    assert needed(context, app, Project(root), ()) == expected


@pytest.mark.parametrize("asked", [POSTGRES, ()])
def test_a_database_of_the_users_own_is_enough(context: Context, app: App, root: Path, asked: tuple[str, ...]) -> None:
    (root / "requirements.txt").write_text("psycopg\n")
    context.store.apps.change_config(app, {"DATABASE_URL": "postgres://elsewhere/x"})
    assert needed(context, app, Project(root), asked) is None


@pytest.mark.parametrize("asked", [POSTGRES, ()])
def test_one_that_was_taken_away_does_not_come_back(
    context: Context, app: App, root: Path, asked: tuple[str, ...]
) -> None:
    (root / "requirements.txt").write_text("psycopg\n")
    addon = context.store.addons.add(credentials.new(app.id, "mini", "DATABASE_URL", context.clock.now()))
    assert needed(context, app, Project(root), asked) is None
    deploy(context, app)
    context.store.addons.remove(addon)
    assert needed(context, app, Project(root), asked) is None


def test_a_build_says_what_heroku_would_not_have_done(
    context: Context, app: App, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, said = list[str](), list[str]()
    monkeypatch.setattr(provisioning, "provision", lambda _context, _app, plan, _progress: made.append(plan))

    def build(*asked: str) -> list[str]:
        said.clear()
        provision(context, app, Project(root), asked, said.append, lambda *_: None)
        return said

    assert build() == made == []
    (root / "requirements.txt").write_text("psycopg2\n")
    assert build("heroku-postgresql") == [f"       Provisioning heroku-postgresql ({ASKED})"]
    assert build() == [
        "       Provisioning heroku-postgresql (requirements.txt lists psycopg2)",
        " !     Heroku provisions none for this app by itself; there, run `heroku addons:create heroku-postgresql`",
    ]
    assert made == ["heroku-postgresql"] * 2
