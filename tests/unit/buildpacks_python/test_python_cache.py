from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pybuild import cache, trees
from pybuild import compile as compiling
from pybuild.cache import Record
from pybuild.session import Session
from pybuild.versions import exact
from support.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Callable

    from pybuild.context import Build

OLD = Record("debian-14", "3.13.5", "pip", "26.2.1", "f1", "i1")


def test_the_same_build_again_keeps_the_cache() -> None:
    assert cache.discard_reasons(OLD, OLD) == ()
    poetry = replace(OLD, manager="poetry")
    assert cache.discard_reasons(poetry, replace(poetry, inputs="i2")) == (), "Poetry and uv see to that"


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (replace(OLD, stack="heroku-24"), "The stack has changed from debian-14 to heroku-24"),
        (replace(OLD, python="3.14.0"), "The Python version has changed from 3.13.5 to 3.14.0"),
        (replace(OLD, inputs="i2"), "The files that requirements.txt names, or the settings of pip, changed"),
        (replace(OLD, manager="uv"), "The package manager has changed from pip to uv"),
        (replace(OLD, tool="27.0"), "The pip version has changed from 26.2.1 to 27.0"),
        (replace(OLD, file="f2"), "The contents of requirements.txt changed"),
    ],
)
def test_each_reason(new: Record, reason: str) -> None:
    assert cache.discard_reasons(OLD, new) == (reason,)


def test_a_changed_lock_file() -> None:
    for manager, reasons in (
        ("pipenv", ("The contents of Pipfile.lock changed",)),
        ("poetry", ()),
        ("uv", ()),
    ):
        old = replace(OLD, manager=manager)
        assert cache.discard_reasons(old, replace(old, file="f2")) == reasons, manager


@pytest.mark.parametrize(
    ("written", "version"),
    [("python-3.12.4\n", "3.12.4"), ("3.12.4", "3.12.4"), ("pypy-7.3", None), ("", None), (None, "3.14.0")],
)
def test_a_version_that_a_hook_has_written_into_the_cache(
    written: str | None, version: str | None, build: Build
) -> None:
    if written is not None:
        (build.cache_dir / ".heroku").mkdir(parents=True)
        (build.cache_dir / ".heroku" / "python-version").write_text(written)
    assert cache.written_version(build, exact("3.14.0")) == (exact(version) if version else None)


def test_several_reasons_and_no_record() -> None:
    assert len(cache.discard_reasons(OLD, replace(OLD, stack="heroku-24", python="3.14.0", file="f2"))) == 3
    assert cache.discard_reasons(None, OLD) == ("The buildpack cache format has changed",)


def make_tree(build: Build) -> None:
    (build.tree / "bin").mkdir(parents=True)
    (build.tree / "bin" / "python3").write_text("python")
    (build.tree / "bin" / "python").symlink_to("python3")


def metadata(folder: Path) -> list[tuple[str, int, int]]:
    paths = sorted([folder, *folder.rglob("*")])
    return [(str(p.relative_to(folder)), p.lstat().st_size, p.lstat().st_mtime_ns) for p in paths]


def test_save_and_restore(build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    make_tree(build)
    assert cache.restore(build, cache.read(build), OLD) == "empty"
    cache.save(build, OLD, changed=True, restored=False)
    before = metadata(build.tree)
    trees.remove(build.tree)
    assert cache.read(build) == replace(OLD, build=str(build.build_dir))
    assert cache.restore(build, cache.read(build), OLD) == "reused"
    assert metadata(build.tree) == before, "paths, sizes and times are those of the first build"
    assert capsys.readouterr().out == "-----> Saving cache\n-----> Restoring cache\n"


def test_what_is_discarded_is_not_restored_yet_kept_until_a_build_succeeds(
    build: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    make_tree(build)
    cache.save(build, OLD, changed=True, restored=False)
    trees.remove(build.tree)
    assert cache.restore(build, OLD, replace(OLD, file="f2")) == "discarded"
    assert not build.tree.exists()
    assert cache.read(build) == replace(OLD, build=str(build.build_dir))
    assert capsys.readouterr().out.endswith(
        "-----> Discarding cache since:\n       - The contents of requirements.txt changed\n"
    )


def make_builds(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Volume, Callable[[], Build]]:
    """Return a volume, and what begins a build on it."""
    volume = Volume(tmp_path / "tmp", monkeypatch)
    return volume, lambda: replace(build, build_dir=volume.begin(), cache_dir=volume.cache)


def test_the_last_build_s_tree_is_moved_where_it_is_the_one_the_cache_was_filled_from(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, begin = make_builds(build, tmp_path, monkeypatch)
    first = begin()
    make_tree(first)
    cache.save(first, OLD, changed=True, restored=False)
    before, folder, layer = metadata(first.tree), first.tree.stat().st_ino, volume.end()
    for _ in range(2):
        following = begin()
        old = cache.read(following)
        assert old is not None
        assert cache.restore(following, old, replace(OLD, build=old.build)) == "reused"
        cache.save(following, replace(OLD, build=old.build), changed=False, restored=True)
        assert metadata(following.tree) == before
        assert following.tree.stat().st_ino == folder
        assert volume.end() == layer


def test_a_tree_that_was_changed_since_or_that_the_cache_is_not_filled_from_is_not_moved(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, begin = make_builds(build, tmp_path, monkeypatch)
    first = begin()
    make_tree(first)
    cache.save(first, OLD, changed=True, restored=False)
    (first.tree / "bin" / "new").write_text("by a post_compile that is not there any more")
    volume.end()
    second = begin()
    assert cache.restore(second, cache.read(second), OLD) == "reused"
    assert not (second.tree / "bin" / "new").exists()
    volume.end()
    (volume.cache / ".heroku" / "python.json").write_text(json.dumps(asdict(replace(OLD, build="of a failed build"))))
    third = begin()
    assert volume.offered() == {".heroku/python"}
    assert cache.restore(third, cache.read(third), OLD) == "reused"
    assert third.tree.stat().st_ino != second.tree.stat().st_ino


def test_a_moved_tree_that_is_installed_into_is_the_next_builds(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, begin = make_builds(build, tmp_path, monkeypatch)
    first = begin()
    make_tree(first)
    cache.save(first, OLD, changed=True, restored=False)
    volume.end()
    second = begin()
    cache.restore(second, cache.read(second), OLD)
    (second.tree / "bin" / "flask").write_text("new")
    failed = begin()
    cache.restore(failed, cache.read(failed), OLD)
    assert not (failed.tree / "bin" / "flask").exists(), "the build that installed it did not succeed"
    (failed.tree / "bin" / "flask").write_text("new")
    cache.save(failed, replace(OLD, inputs="i2"), changed=True, restored=True)
    volume.end()
    last = begin()
    assert volume.offered() == {".heroku/python"}
    cache.restore(last, cache.read(last), replace(OLD, inputs="i2"))
    assert not (volume.root / "build_3" / ".heroku" / "python").exists()
    assert (last.tree / "bin" / "flask").read_text() == "new"


@pytest.mark.parametrize(
    ("hook", "changed"),
    [("true", False), ('echo x > "$TREE/new"', True), ('echo x >> "$TREE/bin/python3"', True)],
)
def test_a_tree_is_kept_anew_only_if_post_compile_has_changed_it(
    hook: str, changed: bool, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, begin = make_builds(build, tmp_path, monkeypatch)
    this = begin()
    make_tree(this)
    (this.build_dir / "bin").mkdir()
    (this.build_dir / "bin" / "post_compile").write_text(f"#!/bin/sh\n{hook}\n")
    env = {"PATH": os.defpath, "TREE": str(this.tree)}
    session = Session(this, this.tree, env, {}, restored=True, unchanged=True)
    assert compiling._post_compile(session) is changed
    assert compiling._post_compile(replace(session, unchanged=False)), "it was not kept yet"
    monkeypatch.delenv("LOCALKU_KEEP")
    assert compiling._post_compile(session), "nobody knows"


def test_a_record_nobody_can_read(build: Build) -> None:
    make_tree(build)
    cache.save(build, OLD, changed=True, restored=False)
    (build.cache / "python.json").write_text('{"stack": 1')
    assert cache.read(build) is None
    (build.cache / "python.json").write_text('{"shape": "of another version"}')
    assert cache.read(build) is None


def test_clone_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_text("x")
    real = trees._copy
    monkeypatch.setattr(trees, "_copy", lambda s, t, *options: not options and real(s, t))
    trees.clone(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b" / "file").stat().st_ino != (tmp_path / "a" / "file").stat().st_ino


def test_replace_after_a_killed_build(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "file").write_text("new")
    (tmp_path / "python.new").mkdir()
    (tmp_path / "python").mkdir()
    (tmp_path / "python.old_0").mkdir()
    trees.replace(tmp_path / "new", tmp_path / "python", shares=False)
    assert [path.name for path in (tmp_path / "python").iterdir()] == ["file"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "python"]


def test_a_tree_that_was_made_anew_does_not_wait_for_the_old_one_s_removal(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, begin = make_builds(build, tmp_path, monkeypatch)
    first = begin()
    make_tree(first)
    cache.save(first, OLD, changed=True, restored=False)
    second = begin()
    make_tree(second)
    cache.save(second, replace(OLD, file="f2"), changed=True, restored=False)
    assert cache.read(second) == replace(OLD, file="f2", build=str(second.build_dir))
    assert not list(second.cache.glob("python.old*"))
    (old,) = Path(os.environ["LOCALKU_OLD"]).glob("*/python.old*")
    assert (old / "bin" / "python3").is_file()


def test_a_tree_that_shares_files_with_the_old_one_is_announced_after_that_is_gone(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, begin = make_builds(build, tmp_path, monkeypatch)
    poetry = replace(OLD, manager="poetry")
    first = begin()
    make_tree(first)
    cache.save(first, poetry, changed=True, restored=False)
    volume.end()
    second = begin()
    cache.restore(second, cache.read(second), poetry)
    (second.tree / "bin" / "flask").write_text("new")
    monkeypatch.setattr(trees.spares, "remove_later", lambda *_: pytest.fail("after the build"))
    cache.save(second, replace(poetry, inputs="i2"), changed=True, restored=True)
    assert not list(second.cache.glob("python.old*"))
    volume.end()
    begin()
    assert volume.offered() == {".heroku/python"}
