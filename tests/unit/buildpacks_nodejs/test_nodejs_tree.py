import os
from pathlib import Path

import pytest
from nodejs_buildpack.modules import Cache
from nodekit import tree


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    folder = tmp_path / "app" / "node_modules"
    for name in ("a/index.js", "a/lib/x.js", "dev/index.js", "dev/deep/y.js", ".package-lock.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / ".bin").mkdir()
    (folder / ".bin" / "a").symlink_to("../a/index.js")
    for path in folder.rglob("*"):
        os.utime(path, (499162500, 499162500), follow_symlinks=False)
    return folder


def test_a_placed_tree_is_the_same_to_anyone_who_looks_at_paths_sizes_and_times(modules: Path, tmp_path: Path) -> None:
    tree.place(modules, tmp_path / "one")
    tree.place(tmp_path / "one", tmp_path / "two", copy=True)
    assert tree.stamps(tmp_path / "one") == tree.stamps(modules) == tree.stamps(tmp_path / "two")
    assert (tmp_path / "one" / "a" / "index.js").samefile(modules / "a" / "index.js")
    assert not (tmp_path / "two" / "a" / "index.js").samefile(modules / "a" / "index.js")
    assert (tmp_path / "one").stat().st_mtime_ns == modules.stat().st_mtime_ns


def test_placing_replaces_what_is_there_and_can_leave_out(modules: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "old").write_text("")
    tree.place(modules, target, skip={"dev", "a/lib"})
    assert sorted(each.name for each in target.iterdir()) == [".bin", ".package-lock.json", "a"]
    assert not (target / "a" / "lib").exists()


def prune_by_hand(modules: Path) -> None:
    tree.remove(modules / "dev")
    (modules / ".package-lock.json").write_text("pruned")


@pytest.mark.parametrize("at_once", [True, False])
def test_a_recorded_prune_leaves_what_the_prune_left(modules: Path, tmp_path: Path, at_once: bool) -> None:
    cache = Cache(tmp_path / "cache")
    state = cache.keep(modules, "key", "runtime", copies=False)
    before = tree.stamps(modules)
    prune_by_hand(modules)
    cache.keep_pruned(state, before, modules)

    state = cache.load()
    assert state.key == "key"
    assert state.pruned is not None
    assert state.pruned.removed == ("dev",)
    again = tmp_path / "again" / "node_modules"
    cache.restore(again, state, pruned=at_once)
    cache.repeat_prune(state.pruned, again)
    assert tree.stamps(again) == tree.stamps(modules)
    assert again.stat().st_mtime_ns == modules.stat().st_mtime_ns
    assert (again / ".package-lock.json").read_text() == "pruned"


def test_what_a_package_manager_rewrites_in_place_is_not_shared_with_the_cache(modules: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cache.keep(modules, "key", "runtime", copies=False)
    (modules / ".package-lock.json").write_text("changed by the next prune")
    assert cache.load().key == "key"


def test_a_kept_tree_that_was_changed_through_a_link_is_not_used_again(modules: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cache.keep(modules, "key", "runtime", copies=False)
    (modules / "a" / "index.js").write_text("generated into a module by a build script")
    state = cache.load()
    assert state.key == ""
    assert state.copies

    cache.keep(modules, "key", "runtime", copies=state.copies)
    (modules / "a" / "index.js").write_text("generated again")
    assert cache.load().key == "key"


@pytest.mark.parametrize("content", ["", "{", '{"key": 1}', "[]"])
def test_a_broken_record_is_no_record(modules: Path, tmp_path: Path, content: str) -> None:
    cache = Cache(tmp_path / "cache")
    cache.keep(modules, "key", "runtime", copies=False)
    (tmp_path / "cache" / "state.json").write_text(content)
    assert cache.load().key == ""
