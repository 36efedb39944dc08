from pathlib import Path

import pytest

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform import new_apps
from localku.platform.databases import find_database
from localku.records import Addon, App
from localku.services.postgres import credentials


def add(context: Context, app: App, config_var: str, name: str) -> Addon:
    made = context.store.addons.add(credentials.new(app.id, "essential-0", config_var, context.clock.now()))
    context.store.addons.rename(made, name)
    return context.store.addons.by_id(made.id)


@pytest.fixture
def first(context: Context, app: App) -> Addon:
    return add(context, app, "DATABASE_URL", "postgresql-round-10000")


@pytest.fixture
def second(context: Context, app: App, first: Addon) -> Addon:
    return add(context, app, "HEROKU_POSTGRESQL_RED_URL", "postgresql-cubed-20000")


def found(context: Context, app: App, asked: str | None = None) -> str:
    return find_database.find(context, app, asked).addon.name


def test_without_a_name_it_is_that_of_database_url(context: Context, app: App, first: Addon, second: Addon) -> None:
    context.store.attachments.add(second, app, "DATABASE", context.clock.now())
    assert found(context, app) == second.name
    assert [one.addon.name for one in find_database.all_of(context, app)] == [second.name]


@pytest.mark.parametrize(
    "asked",
    [
        "HEROKU_POSTGRESQL_RED_URL",
        "HEROKU_POSTGRESQL_RED",
        "RED",
        "red",
        "RED_URL",
        "postgresql-cubed-20000",
        "postgresql-cubed",
        "one::RED",
    ],
)
def test_a_database_goes_by_many_names(context: Context, app: App, second: Addon, asked: str) -> None:
    assert found(context, app, asked) == second.name
    assert found(context, app, second.uuid) == second.name
    assert find_database.find(context, app, asked).name == "HEROKU_POSTGRESQL_RED"


def test_an_unknown_one_is_told_which_there_are(context: Context, app: App, second: Addon) -> None:
    with pytest.raises(LocalkuError) as raised:
        found(context, app, "BLUE")
    assert raised.value.message == (
        "Unknown database: BLUE. Valid options are: DATABASE_URL, HEROKU_POSTGRESQL_RED_URL"
    )
    assert (raised.value.kind, raised.value.resource) == (Kind.NOT_FOUND, "add_on attachment")


def test_what_names_several_names_none(context: Context, app: App, second: Addon) -> None:
    with pytest.raises(LocalkuError) as raised:
        found(context, app, "postgresql")
    assert raised.value.message == (
        "Ambiguous identifier; multiple matching add-ons found: postgresql-round-10000, postgresql-cubed-20000."
    )
    assert raised.value.id == "multiple_matches"


def test_an_app_without_a_database(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError, match=r"^one has no databases\.$"):
        found(context, app)
    with pytest.raises(LocalkuError, match=r"^Couldn't find that app: other\.$"):
        found(context, app, "other::DATABASE")


def test_one_that_another_app_shares(context: Context, app: App, first: Addon, tmp_path: Path) -> None:
    other = new_apps.create(context, tmp_path, "two")
    context.store.attachments.add(first, other, "SHARED", context.clock.now())
    database = find_database.find(context, other, "SHARED")
    assert (database.addon.name, database.app.name, database.name) == (first.name, "two", "SHARED")
    assert found(context, other) == first.name
