from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verbs_kit import lines

from localku.context import Context
from localku.errors import Kind, LocalkuError, worded
from localku.platform import apps, new_apps
from localku.records import App


def test_a_new_app_has_herokus_first_two_releases_and_lines(context: Context, app: App) -> None:
    assert [release.description for release in context.store.releases.all(app)] == ["Enable Logplex", "Initial release"]
    assert lines(context, app) == [
        "app[api]: Initial release by user localku",
        "app[api]: Release v1 created by user localku",
        "app[api]: Enable Logplex by user localku",
        "app[api]: Release v2 created by user localku",
    ]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("guestbook", "guestbook"),
        ("My App_2", "my-app-2"),
        ("123", "app-123"),
        ("x", "x-app"),
        ("---", "app"),
        ("Ünï", "n-app"),
        ("a" * 40, "a" * 30),
        ("1" * 25 + "-22222", "app-" + "1" * 22 + "-app"),
    ],
)
def test_a_folders_name_becomes_an_apps(folder: str, name: str) -> None:
    assert new_apps.name_of(Path("/src") / folder) == name


@given(st.text(st.characters(exclude_characters="/\0")))
def test_every_folder_has_a_name_that_is_allowed(folder: str) -> None:
    assert apps.NAME.match(new_apps.name_of(Path("/src", folder)))


@pytest.mark.parametrize("name", ["ab", "Abc", "1abc", "abc-", "a" * 31, "a_b", "abc\n", "", "a b c"])
def test_names_heroku_refuses_are_refused(context: Context, root: Path, name: str) -> None:
    with pytest.raises(LocalkuError) as raised:
        new_apps.find_or_create(context, root, name)
    assert raised.value.message == f"'{name}' is not a valid app name."
    assert context.store.apps.all() == ()


@pytest.mark.parametrize("name", ["abc", "a" * 30, "a-1", "shop-2"])
def test_names_heroku_takes_are_taken(context: Context, root: Path, name: str) -> None:
    assert new_apps.find_or_create(context, root, name).name == name


def test_two_folders_of_one_name_become_two_apps(context: Context, tmp_path: Path) -> None:
    for parent in ("x", "y", "z"):
        (tmp_path / parent / "shop").mkdir(parents=True)
    made = [new_apps.find_or_create(context, tmp_path / parent / "shop").name for parent in ("x", "y", "z", "x")]
    assert made == ["shop", "shop-2", "shop-3", "shop"]


def test_an_app_is_found_from_a_folder_below_it(context: Context, app: App, root: Path) -> None:
    (root / "deep" / "down").mkdir(parents=True)
    assert apps.find(context, root / "deep" / "down") == app
    assert apps.find(context, root / "deep" / ".." / "deep") == app


def test_the_nearest_app_above_is_the_one(context: Context, app: App, root: Path) -> None:
    (root / "inner" / "src").mkdir(parents=True)
    inner = new_apps.find_or_create(context, root / "inner")
    assert apps.find(context, root / "inner" / "src") == inner


def test_a_link_to_the_folder_is_the_app(context: Context, app: App, root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    assert apps.find(context, tmp_path / "link") == app
    assert new_apps.find_or_create(context, tmp_path / "link") == app


def test_where_there_is_no_app_the_way_to_one_is_said(context: Context, app: App, tmp_path: Path) -> None:
    with pytest.raises(LocalkuError) as raised:
        apps.find(context, tmp_path)
    assert raised.value.message == f"There is no app in {tmp_path}."
    assert "`localku up`" in worded(raised.value.hint)


def test_a_name_nobody_has_lists_the_names_there_are(context: Context, app: App, root: Path) -> None:
    with pytest.raises(LocalkuError) as raised:
        apps.find(context, root, "two")
    assert (raised.value.message, worded(raised.value.hint)) == ("Couldn't find that app: two.", "Apps here: one.")


def test_a_name_of_another_folder_is_not_taken_over(context: Context, app: App, tmp_path: Path) -> None:
    with pytest.raises(LocalkuError, match="App one already exists in "):
        new_apps.find_or_create(context, tmp_path, "one")


def test_a_folder_that_is_an_app_gets_no_second_name(context: Context, app: App, root: Path) -> None:
    for do in (new_apps.find_or_create, new_apps.create_new):
        with pytest.raises(LocalkuError, match="already belongs to app one") as raised:
            do(context, root, "two")
        assert (raised.value.kind, raised.value.resource) == (Kind.CONFLICT, "app")


def test_a_folder_that_does_not_exist_becomes_no_app(context: Context, tmp_path: Path) -> None:
    with pytest.raises(LocalkuError, match="There is no folder "):
        new_apps.find_or_create(context, tmp_path / "gone")
