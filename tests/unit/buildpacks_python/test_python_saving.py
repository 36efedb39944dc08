"""The copy for the cache that is made while collectstatic and hooks run is what one made after them would be."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pybuild import cache, trees
from pybuild.cache import Record
from pybuild.saving import Saving
from support.volume import Volume

if TYPE_CHECKING:
    from pybuild.context import Build

RECORD = Record("debian-14", "3.13.5", "pip", "26.2.1", "f1", "i1")
SITE = "lib/python3.13/site-packages"


@pytest.fixture
def volume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Volume:
    return Volume(tmp_path / "tmp", monkeypatch)


@pytest.fixture
def begun(build: Build, volume: Volume) -> Build:
    """A build on the volume whose Python is installed."""
    this = replace(build, build_dir=volume.begin(), cache_dir=volume.cache)
    (this.tree / "bin").mkdir(parents=True)
    (this.tree / "bin" / "python3").write_text("python")
    (this.tree / SITE).mkdir(parents=True)
    (this.tree / SITE / "one.py").write_text("1")
    return this


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def saved(build: Build, meanwhile: Callable[[Path], object], *, restored: bool = False) -> bool:
    """Save with the copy made before `meanwhile`; tell if it was still what the tree was after that."""
    told: list[bool] = []
    with Saving(build) as saving:
        saving.begin()
        saving._worker.join()
        meanwhile(build.tree)

        def end() -> bool:
            told.append(saving.end())
            return told[0]

        cache.save(build, RECORD, changed=True, restored=restored, copied=end)
    return told == [True]


def write(path: str, text: str) -> Callable[[Path], object]:
    return lambda tree: (tree / path).write_text(text)


@pytest.mark.parametrize(
    ("meanwhile", "is_the_same"),
    [
        (lambda _: None, True),
        (write(f"{SITE}/one.py", "written over"), True),
        (lambda tree: (tree / SITE / "one.py").chmod(0o600), True),
        (write(f"{SITE}/two.py", "2"), False),
        (lambda tree: (tree / SITE / "one.py").unlink(), False),
        (lambda tree: (tree / SITE / "one.py").rename(tree / "bin" / "one.py"), False),
        (lambda tree: (tree / SITE).chmod(0o700), False),
    ],
)
def test_the_cache_has_what_the_tree_has_whatever_happened_meanwhile(
    meanwhile: Callable[[Path], object], is_the_same: bool, begun: Build
) -> None:
    assert saved(begun, meanwhile) is is_the_same
    assert content(cache.tree(begun)) == content(begun.tree)
    for path in begun.tree.rglob("*"):
        assert (cache.tree(begun) / path.relative_to(begun.tree)).lstat().st_mode == path.lstat().st_mode
    assert sorted(path.name for path in begun.cache.iterdir()) == ["python", "python.json"]


def test_the_next_build_may_move_the_tree(begun: Build, volume: Volume) -> None:
    assert saved(begun, lambda _: None)
    volume.end()
    volume.begin()
    assert volume.offered() == {".heroku/python"}


def test_it_is_announced_before_the_build_is_over_so_that_the_image_can_have_it(begun: Build, volume: Volume) -> None:
    with Saving(begun) as saving:
        saving.begin()
        assert saving.end()
        assert list(volume.last.made([".heroku"])) == [".heroku/python"]
        rows = volume.last.seen([".heroku/python"])
        assert rows is not None
        found = (begun.tree / SITE / "one.py").stat()
        assert f"/{SITE}/one.py//{found.st_ino} ".encode() in rows


def test_a_build_that_fails_leaves_no_copy_and_the_next_cannot_move_its_tree(begun: Build, volume: Volume) -> None:
    with Saving(begun) as saving:
        saving.begin()
    assert not list(begun.cache.iterdir())
    volume.begin()
    assert volume.offered() == set()


def test_what_a_killed_build_left_is_made_anew(begun: Build) -> None:
    stale = trees.new(cache.tree(begun))
    stale.mkdir(parents=True)
    (stale / "stale").write_text("x")
    assert saved(begun, lambda _: None)
    assert content(cache.tree(begun)) == content(begun.tree)


def test_without_links_or_a_clock_it_is_copied_at_the_end(begun: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(trees, "linked", lambda *_: False)
        assert not saved(begun, lambda _: None)
    assert content(cache.tree(begun)) == content(begun.tree)
    os.environ.pop("LOCALKU_KEEP")
    with Saving(begun) as saving:
        saving.begin()
        assert not saving.end()
