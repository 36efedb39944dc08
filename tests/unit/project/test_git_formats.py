"""Repositories of every build: found as git finds them, read without git's help, refused with the reason."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.hostile_repositories import git, put

from localku.errors import Invalid, LocalkuError
from localku.project.git import checkout
from localku.project.git import git_folder as ours
from localku.project.sources import source


@pytest.fixture
def app(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "app")
    put(tmp_path / "app", {"a": "one\n"})
    git(tmp_path / "app", "add", "-A")
    git(tmp_path / "app", "commit", "-qm", "first")
    return tmp_path / "app"


def paths(root: Path) -> list[str]:
    return [one.path for one in source.collect(root).files]


def is_clean(root: Path, target: Path) -> bool:
    found = source.collect(root)
    same = checkout.check_out(root, target).commit == found.commit == git(root, "rev-parse", "HEAD")
    return same and not found.dirty and (target / "a").read_text() == "one\n"


@pytest.mark.parametrize(
    "clone",
    [
        ("clone", "-q", "--shared", "app", "copy"),
        ("clone", "-q", "--depth=1", "--no-local", "app", "copy"),
        ("clone", "-q", "--separate-git-dir=kept", "app", "copy"),
        ("-C", "app", "worktree", "add", "-q", "-b", "side/branch", "../copy"),
        ("-c", "core.compression=9", "clone", "-q", "--object-format=sha1", "app", "copy"),
    ],
)
def test_clones(app: Path, clone: tuple[str, ...]) -> None:
    base = app.parent
    if "--object-format=sha1" in clone:
        clone = ("clone", "-q", "app", "copy")
        git(app, "pack-refs", "--all")
    git(base, *clone)
    assert is_clean(base / "copy", base / "head")


def test_references_that_are_packed_and_a_head_that_is_a_commit(app: Path) -> None:
    git(app, "pack-refs", "--all")
    assert not list((app / ".git/refs/heads").iterdir())
    assert is_clean(app, app.parent / "one")
    git(app, "checkout", "-q", "--detach")
    assert is_clean(app, app.parent / "two")


def test_a_head_that_is_a_link_as_git_once_wrote_it(app: Path) -> None:
    branch = (app / ".git/HEAD").read_text().removeprefix("ref: ").strip()
    (app / ".git/HEAD").unlink()
    (app / ".git/HEAD").symlink_to(branch)
    assert is_clean(app, app.parent / "head")


def test_objects_that_are_said_to_replace_others_do_not(app: Path) -> None:
    first = git(app, "rev-parse", "HEAD")
    put(app, {"a": "two\n"})
    git(app, "commit", "-qam", "second")
    git(app, "replace", "HEAD", first)
    checkout.check_out(app, app.parent / "head")
    assert (app.parent / "head/a").read_text() == "two\n"


def test_a_partial_clone_is_not_filled(app: Path) -> None:
    git(app, "config", "uploadpack.allowFilter", "true")
    git(app, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(app.parent, "clone", "-q", "--no-local", "--filter=blob:none", "--no-checkout", "app", "copy")
    with pytest.raises(LocalkuError, match=f"The repository of {app.parent}/copy lacks objects of its last") as caught:
        checkout.check_out(app.parent / "copy", app.parent / "head")
    assert "git fetch --refetch --no-filter" in caught.value.hint
    assert caught.value.hint.count("does not fetch") == 1
    git(app.parent / "copy", "fetch", "-q", "--refetch", "--no-filter")
    checkout.check_out(app.parent / "copy", app.parent / "there")
    assert (app.parent / "there/a").read_text() == "one\n"


def test_a_format_of_the_future(app: Path) -> None:
    def configured(version: int, extension: str) -> None:
        text = f"[core]\n\trepositoryFormatVersion = {version}\n[extensions]\n\t{extension}\n"
        (app / ".git/config").write_text(text)

    configured(1, "fancy = true")
    with pytest.raises(Invalid, match="does not know: fancy"):
        source.collect(app)
    configured(1, "preciousObjects = true")
    assert paths(app) == ["a"]
    configured(1, "refStorage = papyrus")
    with pytest.raises(Invalid, match="does not know: refstorage"):
        source.collect(app)
    configured(1, "objectFormat = sha3")
    with pytest.raises(Invalid, match="sha3"):
        source.collect(app)
    configured(7, "preciousObjects = true")
    with pytest.raises(Invalid, match="version 7"):
        source.collect(app)


def test_a_configuration_that_cannot_be_parsed(app: Path) -> None:
    (app / ".git/config").write_text("[core\n")
    with pytest.raises(LocalkuError, match="cannot read the configuration of"):
        source.collect(app)


def test_folders_without_a_work_tree(app: Path) -> None:
    """A hub of work trees, the inside of a .git, and a .git file that leads nowhere are plain folders."""
    put(app, {"node_modules/x": "x"})
    assert paths(app) == ["a", "node_modules/x"]
    assert ours.listing(app / ".git/refs") is None
    git(app, "config", "core.bare", "true")
    assert paths(app) == ["a"]
    git(app, "config", "core.bare", "false")
    (app / ".git").rename(app.parent / "away")
    (app / ".git").write_text("gitdir: ../nowhere\n")
    assert paths(app) == ["a"]
    (app / ".git").write_text("nonsense\n")
    with pytest.raises(Invalid, match="is not a file that git understands"):
        source.collect(app)


def test_an_empty_git_folder_is_passed_by(app: Path) -> None:
    put(app, {"sub/b": "x"})
    (app / "sub/.git").mkdir()
    assert ours.listing(app / "sub") == ours.Listing((), ("b",), (), git(app, "rev-parse", "HEAD"))


def test_a_folder_that_is_not_in_the_commit(app: Path) -> None:
    put(app, {"sub/b": "x"})
    with pytest.raises(LocalkuError, match="is not in the last commit"):
        checkout.check_out(app / "sub", app.parent / "head")


def test_paths_with_every_odd_character(tmp_path: Path) -> None:
    app = tmp_path / 'a "b\\c\n#d'
    git(tmp_path, "init", "-q", str(app))
    put(app, {"a": "one\n"})
    git(app, "add", "-A")
    git(app, "commit", "-qm", "first")
    assert is_clean(app, tmp_path / "head")


def test_references_in_gits_newer_format(tmp_path: Path) -> None:
    """A git that can make such a repository reads it; an older one is told apart from a broken repository."""
    app = tmp_path / "app"
    made = subprocess.run(["git", "init", "-q", "--ref-format=reftable", str(app)], capture_output=True, check=False)
    if made.returncode == 0:
        assert ours.listing(app) == ours.Listing((), (), (), None)
        put(app, {"a": "one\n"})
        git(app, "add", "-A")
        git(app, "commit", "-qm", "first")
        assert is_clean(app, tmp_path / "one")
        git(app, "worktree", "add", "-q", "--detach", "../linked")
        git(app, "commit", "-qm", "second", "--allow-empty")
        assert is_clean(tmp_path / "linked", tmp_path / "two")
        assert is_clean(app, tmp_path / "three")
        return
    git(tmp_path, "init", "-q", "app")
    (app / ".git/config").write_text("[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\trefStorage = reftable\n")
    (app / ".git/HEAD").write_text("ref: refs/heads/.invalid\n")
    with pytest.raises(LocalkuError, match="which are in the format reftable") as caught:
        source.collect(app)
    assert "git 2.45 or newer" in caught.value.hint
