"""Repositories inside of a repository, as Heroku fetches them or leaves them empty."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from support.hostile_repositories import git, put

from localku.doctor import lost_files
from localku.doctor.evidence import Evidence
from localku.errors import Invalid, LocalkuError
from localku.platform import folder_tree
from localku.project.git import checkout
from localku.project.git.submodules import Fate
from localku.project.sources import source, unsent


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """app/ with the submodule vendor/lib, which has the submodule deep."""
    base = tmp_path_factory.mktemp("made")
    for name in ("deep", "lib", "app"):
        git(base, "init", "-q", name)
        put(base / name, {f"{name}.py": "one\n"})
        commit(base / name)
    add(base / "lib", "deep", "deep")
    add(base / "app", "lib", "vendor/lib")
    git(base / "app", *here(base), "submodule", "--quiet", "update", "--init", "--recursive")
    return base


@pytest.fixture
def app(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy/app"


def here(base: Path) -> tuple[str, str]:
    return "-c", f"url.{base}/.insteadOf=https://example.com/"


def add(outer: Path, name: str, path: str) -> None:
    git(outer, *here(outer.parent), "submodule", "--quiet", "add", f"https://example.com/{name}", path)
    git(outer, "commit", "-qm", "submodule")


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "more")


def at_head(app: Path, name: str = "head") -> dict[str, str]:
    target = app.parent / name
    checkout.check_out(app, target)
    found = source.collect(target, exact=True).files
    return {one.path: (target / one.path).read_text() for one in found if one.path.endswith(".py")}


def said(app: Path) -> tuple[str, ...]:
    return unsent.sentences(source.collect(app))


ALL = {"app.py": "one\n", "vendor/lib/deep/deep.py": "one\n", "vendor/lib/lib.py": "one\n"}


def test_files_of_submodules_are_in_the_commits_checkout(app: Path) -> None:
    assert at_head(app) == ALL
    head = checkout.check_out(app, app.parent / "again")
    assert [(one.path, one.fate) for one in head.submodules] == [
        ("vendor/lib", Fate.FETCHED),
        ("vendor/lib/deep", Fate.FETCHED),
    ]
    assert {one.path for one in source.collect(app).files if one.path.endswith(".py")} == set(ALL)
    assert said(app) == ()


def test_the_commit_has_the_recorded_files_whatever_is_checked_out(app: Path) -> None:
    lib = app / "vendor/lib"
    before = git(lib, "rev-parse", "HEAD")
    put(lib, {"lib.py": "two\n"})
    commit(lib)
    put(lib, {"lib.py": "three\n", "new.py": "x\n"})
    assert at_head(app) == ALL
    unsent_files = (
        "Not in the last commit, so `git push heroku` would not send it: vendor/lib/lib.py, vendor/lib/new.py"
    )
    after = git(lib, "rev-parse", "HEAD")
    moved = (
        f"The submodule vendor/lib is at {after[:8]} here, and the last commit records {before[:8]}, "
        "which is what Heroku gets"
    )
    assert said(app) == (unsent_files, moved)
    git(app, "add", "vendor/lib")
    assert said(app) == (unsent_files, moved)
    git(app, "commit", "-qm", "moved")
    assert said(app) == (unsent_files,)
    assert at_head(app, "moved")["vendor/lib/lib.py"] == "two\n"


def test_objects_are_found_where_git_keeps_them(app: Path) -> None:
    git(app, "submodule", "--quiet", "deinit", "-f", "--all")
    assert not list((app / "vendor/lib").iterdir())
    assert at_head(app) == ALL
    assert said(app) == (
        (
            "The submodule vendor/lib is not checked out here, and Heroku fetches it. "
            "Run: git submodule update --init vendor/lib"
        ),
    )


def test_a_submodule_with_a_git_folder_of_its_own(app: Path) -> None:
    lib = app / "vendor/lib"
    shutil.rmtree(lib)
    git(app.parent, *here(app.parent), "clone", "-q", "--recurse-submodules", "lib", str(lib))
    shutil.rmtree(app / ".git/modules")
    assert at_head(app) == ALL
    assert said(app) == ()


@pytest.mark.parametrize("gone", ["vendor/lib", "vendor/lib/deep"])
def test_a_commit_that_is_not_here(app: Path, gone: str) -> None:
    modules = {"vendor/lib": "vendor/lib", "vendor/lib/deep": "vendor/lib/modules/deep"}
    shutil.rmtree(app / gone)
    shutil.rmtree(app / ".git/modules" / modules[gone])
    with pytest.raises(LocalkuError, match=f"of the submodule {gone} is not on this machine") as caught:
        at_head(app)
    assert caught.value.hint.endswith(f"git submodule update --init --recursive {gone}")


def test_in_a_linked_work_tree_and_a_subfolder(app: Path) -> None:
    put(app, {"sub/own.py": "own\n"})
    commit(app)
    git(app, "mv", "vendor", "sub/vendor")
    git(app, "commit", "-qm", "moved")
    expected = {"own.py": "own\n", "vendor/lib/deep/deep.py": "one\n", "vendor/lib/lib.py": "one\n"}
    assert at_head(app / "sub", "one") == expected
    assert {one.path for one in source.collect(app / "sub").files if one.path.endswith(".py")} == set(expected)
    git(app, "worktree", "add", "-q", "--detach", "../linked")
    git(app.parent / "linked", *here(app.parent), "submodule", "--quiet", "update", "--init", "--recursive")
    assert at_head(app.parent / "linked/sub", "two") == expected


def _without_gitmodules(app: Path) -> None:
    git(app, "rm", "-q", "--cached", ".gitmodules")
    (app / ".gitmodules").unlink()


def _without_url(app: Path) -> None:
    git(app, "config", "--file", ".gitmodules", "--unset", "submodule.vendor/lib.url")


def _never_updated(app: Path) -> None:
    git(app, "config", "--file", ".gitmodules", "submodule.vendor/lib.update", "none")


@pytest.mark.parametrize("change", [_without_gitmodules, _never_updated])
def test_a_repository_that_heroku_does_not_fetch_is_an_empty_folder(app: Path, change: object) -> None:
    assert callable(change)
    change(app)
    commit(app)
    found = source.collect(app)
    assert [one.path for one in found.files if one.path.endswith(".py")] == ["app.py"]
    (sentence,) = unsent.sentences(found)
    assert sentence.startswith("vendor/lib is a repository of its own that Heroku does not fetch: the folder is empty")
    assert at_head(app) == {"app.py": "one\n"}
    assert (app.parent / "head/vendor/lib").is_dir()


def _another_without_url(app: Path) -> None:
    git(app.parent, "clone", "-q", "deep", str(app / "own"))


def _with_a_bad_name(app: Path) -> None:
    """One that leads out of the folder .git/modules."""
    text = (app / ".gitmodules").read_text().replace('"vendor/lib"', '"../../../lib/.git"')
    (app / ".gitmodules").write_text(text)


@pytest.mark.parametrize(
    ("change", "path"),
    [(_without_url, "vendor/lib"), (_with_a_bad_name, "vendor/lib"), (_another_without_url, "own")],
)
def test_a_gitmodules_that_lacks_one_ends_the_push(app: Path, change: object, path: str) -> None:
    assert callable(change)
    change(app)
    commit(app)
    found = source.collect(app)
    assert not [one.path for one in found.files if one.path.startswith(f"{path}/")]
    (sentence,) = unsent.sentences(found)
    assert sentence.startswith(f"{path} is a repository of its own without a URL in .gitmodules, so Heroku rejects")
    with pytest.raises(Invalid, match=f"Push rejected, submodule install failed: .* has no URL for {path}"):
        at_head(app)
    git(app.parent, "clone", "-q", "app", "server")
    with pytest.raises(subprocess.CalledProcessError):
        git(app.parent / "server", *here(app.parent), "submodule", "update", "--init")


@pytest.mark.parametrize(
    ("url", "can"), [("git@example.com:a/lib", 0), ("/srv/lib", 0), ("../lib", 1), ("git://e/l", 1)]
)
def test_a_url_that_heroku_cannot_fetch(app: Path, url: str, can: int) -> None:
    git(app, "config", "--file", ".gitmodules", "submodule.vendor/lib.url", url)
    commit(app)
    assert [sentence.startswith(f"The submodule vendor/lib is fetched from {url}") for sentence in said(app)] == [
        True
    ] * (1 - can)


def test_a_submodule_behind_a_link_is_not_looked_at(app: Path) -> None:
    (app / "vendor").rename(app.parent / "private")
    (app / "vendor").symlink_to("../private")
    found = source.collect(app)
    assert [one.path for one in found.files if one.path.endswith(".py")] == ["app.py"]
    assert {one.checked_out for one in found.submodules} == {None}


def test_files_of_a_submodule_that_git_converts(app: Path) -> None:
    lib = app / "vendor/lib"
    put(lib, {".gitattributes": "* text=auto\n"})
    commit(lib)
    commit(app)
    (lib / "lib.py").write_bytes(b"one\r\n")
    assert [sentence.rpartition(": ")[2] for sentence in said(app)] == ["vendor/lib/lib.py"]


def test_the_doctor_names_a_repository_that_is_empty_on_heroku(app: Path) -> None:
    put(app, {"Procfile": "web: x\n"})
    commit(app)
    evidence = Evidence(app="one", tree=folder_tree.read(app), log=(), has_slug=True, types={"web": "x"})
    assert lost_files.left_out(evidence) is None
    _without_gitmodules(app)
    commit(app)
    finding = lost_files.left_out(replace(evidence, tree=folder_tree.read(app)))
    assert finding is not None
    assert "vendor/lib is a repository of its own" in finding.what
    assert "--head" in finding.fix
