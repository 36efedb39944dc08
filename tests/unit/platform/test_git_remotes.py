"""A folder belongs to the app that its git remotes name."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from localku.context import Context
from localku.control import api_port
from localku.errors import LocalkuError
from localku.platform import apps, git_remotes, new_apps
from localku.records import App


@pytest.fixture
def work(context: Context, tmp_path: Path) -> Path:
    api_port.choose(context.home, 5080)
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "--quiet")
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def add(folder: Path, app: str, remote: str = "heroku", port: int = 5080) -> None:
    git(folder, "remote", "add", remote, f"https://127.0.0.1:{port}/{app}.git")


def test_its_remote_names_it_in_folders_below_too(context: Context, app: App, work: Path) -> None:
    add(work, app.name)
    (work / "below").mkdir()
    assert apps.find(context, work).id == apps.find(context, work / "below").id == app.id


def test_a_remote_comes_before_the_folder_s_own_record(context: Context, app: App, work: Path) -> None:
    other = new_apps.create(context, work, "other")
    assert apps.find(context, work).id == other.id
    add(work, app.name)
    assert apps.find(context, work).id == app.id


def test_up_makes_the_folder_one_of_that_app(context: Context, work: Path) -> None:
    bare = new_apps.create_bare(context, "bare-one")
    add(work, bare.name)
    found = new_apps.find_or_create(context, work)
    assert (found.id, found.root) == (bare.id, work)


@pytest.mark.parametrize(
    "url",
    [
        "https://git.heroku.com/one.git",
        "https://127.0.0.1:5081/one.git",
        "https://127.0.0.1:5080/nobody.git",
        "https://127.0.0.1:5080/a/one.git",
        "https://127.0.0.1:5080/one.git/",
        "ssh://127.0.0.1:5080/one.git",
    ],
)
def test_other_remotes_name_none(context: Context, app: App, work: Path, url: str) -> None:
    assert app.name == "one"
    git(work, "remote", "add", "heroku", url)
    assert git_remotes.app_of(context, work) is None


def test_of_several_the_usual_one_counts_or_one_has_to_be_named(context: Context, app: App, work: Path) -> None:
    other = new_apps.create_bare(context, "other")
    add(work, app.name, "production")
    add(work, other.name, "staging")
    with pytest.raises(LocalkuError, match="name several apps: production, staging"):
        apps.find(context, work)
    add(work, other.name)
    assert apps.find(context, work).id == other.id
    assert apps.find(context, work, app.name).id == app.id


def test_a_folder_that_is_gone_or_whose_repository_is_none_names_no_app(
    context: Context, app: App, work: Path, root: Path
) -> None:
    assert git_remotes.app_of(context, work / "gone") is None
    (work / ".git" / "config").write_text("[remote 127.0.0.1:5080\n")
    assert git_remotes.app_of(context, work) is None
    root.rmdir()
    assert apps.find(context, root).id == app.id
