"""Each way in which a folder, its index and its commit can differ: what Heroku would get is said, and done for HEAD."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from support.hostile_repositories import git, put

from localku.project.git import checkout, git_process
from localku.project.sources import source, unsent

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    put(folder, {"Procfile": "web: x\n", "a.txt": "one\n", "bin/start": "#!/bin/sh\n"})
    git(tmp_path, "init", "-q", "app")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    return folder


def commit(app: Path, files: dict[str, str]) -> None:
    put(app, files)
    git(app, "add", "-A")
    git(app, "commit", "-qm", "more")


def paths(found: source.Source) -> list[str]:
    return [one.path for one in found.files]


def said(app: Path) -> tuple[str, ...]:
    return unsent.sentences(source.collect(app))


def head(app: Path, name: str) -> bytes:
    target = app.parent / "head"
    checkout.check_out(app, target)
    return (target / name).read_bytes()


def test_of_a_folder_that_is_as_its_commit_nothing_is_said(app: Path) -> None:
    assert said(app) == ()


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_a_change_that_git_is_told_not_to_see(app: Path, flag: str) -> None:
    git(app, "update-index", flag, "a.txt")
    assert said(app) == ()
    put(app, {"a.txt": "two\n"})
    assert git(app, "status", "--porcelain") == ""
    assert said(app) == ("Not in the last commit, so `git push heroku` would not send it: a.txt",)
    assert head(app, "a.txt") == b"one\n"


def test_files_that_are_not_checked_out(app: Path) -> None:
    git(app, "sparse-checkout", "set", "--cone", "none")
    found = source.collect(app)
    assert (paths(found), found.missing) == (["Procfile", "a.txt"], ("bin/start",))
    text = "In the last commit, so Heroku gets it, and not in this folder or no longer tracked: bin/start"
    assert unsent.sentences(found) == (text,)
    assert head(app, "bin/start") == b"#!/bin/sh\n"


def test_a_look_at_the_files_and_what_is_said_of_them_start_git_four_times(
    app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(app, {"app.py": "print()\n"})
    (app / "new.py").write_text("print()\n")
    started: list[str] = []
    run = git_process.run

    def counted(arguments: tuple[str, ...], *rest: Any, **named: Any) -> git_process.Done | None:
        started.append(arguments[0])
        return run(arguments, *rest, **named)

    monkeypatch.setattr(git_process, "run", counted)
    assert said(app) == ("Not in the last commit, so `git push heroku` would not send it: new.py",)
    assert started == ["config", "config", "ls-files", "diff"]


def test_a_deleted_file_and_one_that_is_no_longer_tracked(app: Path) -> None:
    (app / "a.txt").unlink()
    git(app, "rm", "-q", "--cached", "Procfile")
    put(app, {".gitignore": "Procfile\n"})
    found = source.collect(app)
    assert paths(found) == [".gitignore", "bin/start"]
    assert found.missing == ("Procfile", "a.txt")
    assert found.untracked == (".gitignore",)


def test_a_file_that_git_is_to_add_later(app: Path) -> None:
    put(app, {"later.py": "x\n"})
    git(app, "add", "-N", "later.py")
    found = source.collect(app)
    assert (found.dirty, found.untracked, found.missing) == (("later.py",), (), ())
    assert "later.py" in paths(found)


def test_a_conflict(app: Path) -> None:
    git(app, "checkout", "-qb", "other")
    commit(app, {"a.txt": "theirs\n"})
    git(app, "checkout", "-q", "-")
    commit(app, {"a.txt": "ours\n"})
    with pytest.raises(Exception, match="merge"):
        git(app, "merge", "-q", "other")
    found = source.collect(app)
    assert (found.dirty, paths(found).count("a.txt")) == (("a.txt",), 1)
    assert head(app, "a.txt") == b"ours\n"


def test_a_change_in_the_moment_the_index_was_written(app: Path) -> None:
    moment = (app / "a.txt").stat().st_mtime_ns
    git(app, "add", "--refresh", "a.txt")
    os.utime(app / ".git/index", ns=(moment, moment))
    with (app / "a.txt").open("r+") as file:  # same size and inode
        file.write("two\n")
    os.utime(app / "a.txt", ns=(moment, moment))
    git(app, "config", "core.trustctime", "false")
    assert source.collect(app).dirty == ("a.txt",)


def test_modes(app: Path) -> None:
    (app / "a.txt").chmod(0o755)
    (app / "bin/start").chmod(0o644)
    assert source.collect(app).dirty == ("a.txt", "bin/start")
    head(app, "a.txt")
    assert (app.parent / "head/bin/start").stat().st_mode & 0o111


def test_modes_of_a_file_system_that_keeps_none_are_gits(app: Path) -> None:
    git(app, "config", "core.fileMode", "false")
    for name in ("a.txt", "bin/start"):
        (app / name).chmod(0o755)
    before = source.collect(app)
    assert {one.path: one.mode for one in before.files} == {"Procfile": 0o644, "a.txt": 0o644, "bin/start": 0o755}
    assert before.dirty == ()
    git(app, "update-index", "--chmod=+x", "a.txt")
    after = source.collect(app)
    assert {one.path for one in after.files if one.mode == 0o755} == {"a.txt", "bin/start"}
    assert after.fingerprint != before.fingerprint
    assert after.dirty == ("a.txt",)


def test_links_of_a_file_system_that_has_none_are_gits(app: Path) -> None:
    (app / "link").symlink_to("../out/of/here")
    git(app, "add", "link")
    git(app, "commit", "-qm", "link")
    git(app, "config", "core.symlinks", "false")
    (app / "link").unlink()
    (app / "link").write_text("../out/of/here")
    found = source.collect(app)
    assert {one.path: one.link for one in found.files if one.link} == {"link": "../out/of/here"}
    assert found.dirty == ()


def test_a_link_that_leads_out_stays_a_link(app: Path, tmp_path: Path) -> None:
    (app / "link").symlink_to("../private")
    put(tmp_path, {"private/secret": "x"})
    git(app, "add", "link")
    git(app, "commit", "-qm", "link")
    checkout.check_out(app, tmp_path / "head")
    for found in (source.collect(app), source.collect(tmp_path / "head", exact=True)):
        assert {one.path: one.link for one in found.files if one.link} == {"link": "../private"}


def test_names_that_differ_in_case_only_and_empty_folders(app: Path) -> None:
    commit(app, {"A.TXT": "upper\n"})
    (app / "empty").mkdir()
    assert head(app, "A.TXT") == b"upper\n"
    assert head(app, "a.txt") == b"one\n"
    assert not (app.parent / "head/empty").exists()
    assert "empty" not in "".join(paths(source.collect(app)))


def test_ignored_and_untracked_files(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own patterns count, and those of the clone, as for git."""
    home = app.parent / "home"
    put(home, {".config/git/ignore": "default\n", "named": "user\n"})
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    put(app, {".gitignore": "shared\n", ".git/info/exclude": "clone\n", "new": "x"})
    put(app, dict.fromkeys(("shared", "clone", "default", "user"), "x"))
    found = source.collect(app)
    assert found.untracked == (".gitignore", "new", "user")
    put(home, {".gitconfig": "[core]\n\texcludesFile = ~/named\n"})
    assert source.collect(app).untracked == (".gitignore", "default", "new")


def test_pointers_of_git_lfs(app: Path) -> None:
    """As `git lfs` leaves them: content on disk, a pointer in the commit, and git content with both."""
    put(app, {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"})
    pointer = app.parent / "pointer"
    put(app.parent, {"pointer": LFS})
    git(app, "config", "filter.lfs.clean", f"cat {pointer}")
    commit(app, {"model.bin": "123456789", "plain.bin": LFS})
    assert git(app, "status", "--porcelain") == ""
    text = "Git LFS keeps these, and Heroku has no Git LFS: it gets the pointer in place of the file: model.bin"
    assert said(app) == (text,)
    assert head(app, "model.bin").decode() == LFS


def test_a_filter_that_keeps_the_size(app: Path) -> None:
    put(app, {".gitattributes": "*.key filter=rot\n"})
    git(app, "config", "filter.rot.clean", "tr a-z b-za")
    commit(app, {"in.key": "abc\n"})
    text = "Other in the commit than in this folder (git converts them), and Heroku gets the commit's: in.key"
    assert said(app) == (text,)
    assert head(app, "in.key") == b"bcd\n"


def test_line_ends_that_this_machine_converts(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = app.parent / "users.config"
    config.write_text("[core]\n\tautocrlf = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    (app / "a.txt").write_bytes(b"one\r\n")
    found = source.collect(app)
    assert found.dirty == ()
    text = "Other in the commit than in this folder (git converts them), and Heroku gets the commit's: a.txt"
    assert unsent.sentences(found) == (text,)
    assert head(app, "a.txt") == b"one\n"


def test_line_ends_of_an_editor_where_git_has_others(app: Path) -> None:
    commit(app, {".gitattributes": "* text=auto\n"})
    (app / "bin/start").write_bytes(b"#!/bin/sh\r\n")
    assert "Heroku gets the commit's: bin/start" in said(app)[0]


def test_what_every_checkout_converts_is_no_difference(app: Path) -> None:
    commit(app, {".gitattributes": "*.bat eol=crlf\n*.c ident\n"})
    commit(app, {"x.bat": "echo\r\n", "x.c": "$Id$\n"})
    (app / "x.c").unlink()
    git(app, "checkout", "--", "x.c")
    assert len((app / "x.c").read_text()) > 40
    assert said(app) == ()
    assert head(app, "x.bat") == b"echo\r\n"
    put(app, {"x.bat": "echo\n", "x.c": "$Id$\n"})
    assert [sentence.rpartition(": ")[2] for sentence in said(app)] == ["x.bat, x.c"]


def test_attributes_of_a_folder_above_the_app(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    commit(tmp_path, {".gitattributes": "* text=auto\n", "app/a.txt": "one\n"})
    (tmp_path / "app/a.txt").write_bytes(b"one\r\n")
    assert "Heroku gets the commit's: a.txt" in said(tmp_path / "app")[0]
