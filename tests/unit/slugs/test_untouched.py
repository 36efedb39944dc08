import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from localku.slugs.inside import untouched
from localku.slugs.inside.untouched import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "build_1" / "tree"
    (folder / "sub").mkdir(parents=True)
    (folder / "file").write_text("one")
    (folder / "sub" / "deep").write_text("one")
    (folder / "link").symlink_to("file")
    os.link(folder / "sub" / "deep", tmp_path / "outside")
    return folder


def announced(tree: Path) -> Tree:
    moment = untouched.moment(tree.parent.parent / "marker")
    assert moment is not None
    found = untouched.fresh(tree, "token", moment)
    assert found is not None
    return found


def is_untouched(tree: Path, told: Tree) -> bool:
    return untouched.untouched(tree.parent, {tree.name: told}) == {tree.name: told}


def test_a_tree_is_untouched_from_the_moment_it_is_announced_and_wherever_it_is_moved(
    tree: Path, tmp_path: Path
) -> None:
    told = announced(tree)
    assert is_untouched(tree, told)
    for number in (2, 3):
        (tmp_path / f"build_{number}").mkdir()
        tree = tree.rename(tmp_path / f"build_{number}" / "tree")
        (tree / "file").read_text()
        assert len(list((tree / "sub").iterdir())) == 1
        assert is_untouched(tree, told)


def write_through_a_link(tree: Path) -> None:
    (tree.parent.parent / "outside").write_text("two")


def rewrite_and_set_the_time_back(tree: Path) -> None:
    times = (tree / "file").stat()
    (tree / "file").write_text("two")
    os.utime(tree / "file", ns=(times.st_atime_ns, times.st_mtime_ns))


def restoring_times(change: Callable[[Path], object]) -> Callable[[Path], None]:
    def changed(tree: Path) -> None:
        times = tree.stat()
        change(tree)
        os.utime(tree, ns=(times.st_atime_ns, times.st_mtime_ns))

    return changed


def relink(tree: Path) -> None:
    (tree / "link").unlink()
    (tree / "link").symlink_to("sbu")


def replace_by_a_copy(tree: Path) -> None:
    copy = shutil.copytree(tree, tree.with_name("copy"))
    shutil.rmtree(tree)
    copy.rename(tree)


def put_a_link_in_its_place(tree: Path) -> None:
    tree.symlink_to(tree.rename(tree.with_name("elsewhere")))


CHANGES: dict[str, Callable[[Path], object]] = {
    "written through a hard link": write_through_a_link,
    "same size and time": rewrite_and_set_the_time_back,
    "deleted": lambda tree: (tree / "sub" / "deep").unlink(),
    "deleted at the top": lambda tree: (tree / "file").unlink(),
    "deleted at the top, its time set back": restoring_times(lambda tree: (tree / "file").unlink()),
    "added": lambda tree: (tree / "sub" / "new").write_text(""),
    "added at the top, its time set back": restoring_times(lambda tree: (tree / "new").mkdir()),
    "mode": lambda tree: (tree / "sub" / "deep").chmod(0o755),
    "mode of the top": lambda tree: tree.chmod(0o700),
    "time alone": lambda tree: os.utime(tree / "sub" / "deep", (1, 1)),
    "another link": relink,
    "renamed": lambda tree: (tree / "sub").rename(tree / "bus"),
    "replaced by a copy": replace_by_a_copy,
    "gone": shutil.rmtree,
    "a link in its place": put_a_link_in_its_place,
}


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_is_done_to_a_tree_shows(
    change: Callable[[Path], object], moved: bool, tree: Path, tmp_path: Path
) -> None:
    told = announced(tree)
    if moved:
        (tmp_path / "build_2").mkdir()
        tree = tree.rename(tmp_path / "build_2" / "tree")
    change(tree)
    assert not is_untouched(tree, told)


def test_a_change_in_the_tick_of_the_announcement_shows(tree: Path) -> None:
    """The next tick is at most 10 ms away, so that many of these changes fall into the same."""
    for _ in range(50):
        told = announced(tree)
        (tree / "sub" / "deep").write_text("two")
        assert not is_untouched(tree, told)


def test_what_came_just_before_the_announcement_does_not_count(tree: Path) -> None:
    for _ in range(50):
        (tree / "sub" / "deep").write_text("two")
        assert is_untouched(tree, announced(tree))


def test_where_the_clock_has_no_ticks_nothing_is_announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untouched, "touched", lambda _marker: 1_700_000_000_000_000_000)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    assert untouched.moment(tmp_path / "marker") is None


def test_a_tree_changed_after_its_moment_is_not_taken_for_announced(tree: Path) -> None:
    moment = untouched.moment(tree.parent.parent / "marker")
    assert moment is not None
    (tree / "file").unlink()
    assert untouched.fresh(tree, "token", moment) is None
    assert untouched.fresh(tree / "nowhere", "token", moment) is None


def test_a_tree_nobody_can_look_through_counts_as_touched(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = announced(tree)
    monkeypatch.setattr(untouched, "_search", lambda _folder, _moment: subprocess.Popen(["false"], stdout=-1))
    assert not is_untouched(tree, told)
