"""Folders of apps: renamed, moved, copied, removed, shared and taken over."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from localku import footprint
from localku.errors import LocalkuError, worded
from localku.platform import app_folders, apps, new_apps
from localku.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from localku.context import Context
    from localku.records import App


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def context(context: Context, told: list[str]) -> Context:
    return replace(context, notice=told.append)


def test_a_renamed_folder_is_recognised_once_and_said(context: Context, app: App, root: Path, told: list[str]) -> None:
    moved = root.rename(root.with_name("renamed"))
    assert apps.is_known(context, moved)
    assert told == [f"{root} is {moved} now; it is still app one."]
    assert new_apps.find_or_create(context, moved).id == app.id
    assert apps.find(context, moved).root == moved
    assert context.store.apps.by_id(app.id).root == moved
    assert len(told) == 1
    assert len(context.store.apps.all()) == 1


def test_a_command_in_a_subfolder_of_a_moved_folder_finds_the_app(context: Context, app: App, root: Path) -> None:
    (root / "deep" / "down").mkdir(parents=True)
    (root.parent / "elsewhere").mkdir()
    moved = root.rename(root.parent / "elsewhere" / "one")
    found = apps.find(context, moved / "deep" / "down")
    assert (found.id, found.root) == (app.id, moved)


def test_a_folder_whose_parent_was_renamed_is_recognised(context: Context, tmp_path: Path) -> None:
    (tmp_path / "src" / "two").mkdir(parents=True)
    app = new_apps.create(context, tmp_path / "src" / "two", None)
    (tmp_path / "src").rename(tmp_path / "code")
    assert apps.find(context, tmp_path / "code" / "two").id == app.id


def test_a_copy_is_another_folder(context: Context, app: App, root: Path, told: list[str]) -> None:
    copy = root.with_name("copy")
    shutil.copytree(root, copy)
    assert not apps.is_known(context, copy)
    assert new_apps.find_or_create(context, copy).id != app.id
    assert told == []


def test_a_new_folder_with_the_inode_of_a_removed_one_is_not_that_one(
    context: Context, app: App, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File systems give an inode out again; the moment a folder was made tells the two apart."""
    inode, _, made = str(footprint.of(root)).partition(":")
    root.rmdir()
    other = root.with_name("other")
    other.mkdir()
    real = footprint.of
    monkeypatch.setattr(footprint, "of", lambda one: f"{inode}:{int(made) + 1}" if one == other else real(one))
    assert not apps.is_known(context, other)
    assert new_apps.find_or_create(context, other).id != app.id


def test_a_footprint_survives_what_happens_in_the_folder(root: Path) -> None:
    before = footprint.of(root)
    assert before is not None
    (root / "file").write_text("x")
    root.chmod(0o700)
    assert footprint.of(root) == before
    assert footprint.of(root / "file") is None
    assert footprint.of(root / "missing") is None


def test_that_the_folder_is_still_the_one_used_last_is_not_written_down(context: Context, app: App, root: Path) -> None:
    others = Store(context.home).db
    before = others.version()
    assert app_folders.attach(context, app, root).app.root == root
    assert others.version() == before


def test_two_folders_of_one_app_are_each_built(context: Context, app: App, root: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    assert app_folders.attach(context, app, second).before is None
    assert apps.find(context, second).root == second
    assert apps.find(context, root).root == root
    assert context.store.folders.of(app) == (second, root)
    built = new_apps.find_or_create(context, root, "one")
    assert (built.id, built.root) == (app.id, root)
    assert context.store.apps.by_id(app.id).root == root, "the folder that was built last"


def test_a_folder_changes_over_to_another_app(context: Context, app: App, root: Path, tmp_path: Path) -> None:
    (tmp_path / "two").mkdir()
    two = new_apps.create(context, tmp_path / "two", None)
    attached = app_folders.attach(context, two, root)
    assert attached.before is not None
    assert attached.before.name == "one"
    assert apps.find(context, root).id == two.id
    assert context.store.apps.by_id(app.id).root is None


def test_an_app_from_another_folder_says_how_to_attach_this_one(context: Context, app: App, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(LocalkuError) as raised:
        new_apps.find_or_create(context, other, app.name)
    assert raised.value.message == f"App one already exists in {app.root}."
    assert worded(raised.value.hint) == (
        "`localku apps:attach one` makes this one of its folders too; or choose another name."
    )
    shutil.rmtree(str(app.root))
    with pytest.raises(LocalkuError) as raised:
        new_apps.find_or_create(context, other, app.name)
    assert raised.value.message == f"App one already exists in {app.root}, which no longer exists."


def test_where_no_app_is_those_whose_folder_is_gone_are_named(context: Context, app: App, tmp_path: Path) -> None:
    shutil.rmtree(str(app.root))
    with pytest.raises(LocalkuError) as raised:
        apps.find(context, tmp_path)
    assert worded(raised.value.hint).splitlines()[1:] == [
        f"{app.root}, the folder of one, is gone: `localku apps:attach one` attaches this folder."
    ]


def test_a_new_app_in_a_folder_of_the_name_of_a_lost_one_is_warned(
    context: Context, app: App, tmp_path: Path, told: list[str]
) -> None:
    shutil.rmtree(str(app.root))
    again = tmp_path / "clone" / "one"
    again.mkdir(parents=True)
    assert new_apps.find_or_create(context, again).name == "one-2"
    assert [worded(line) for line in told] == [
        f"{app.root}, the folder of one, is gone: `localku apps:attach one` attaches this folder."
    ]


def test_a_folder_that_is_missing_cannot_be_attached(context: Context, app: App, tmp_path: Path) -> None:
    with pytest.raises(LocalkuError) as raised:
        app_folders.attach(context, app, tmp_path / "missing")
    assert raised.value.message == f"There is no folder {tmp_path / 'missing'}."
