"""An image that is made on another one has, to the last mode and link, what one has that is made anew."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_release_script import seen

from localku.slugs.inside import app_part, manifest
from localku.slugs.inside.vouched import hash_of
from localku.slugs.release_image import SCRIPT

MOMENT = 1_700_000_000
NAMES = ("a", "b", "-C", "ä b")
PLACES = tuple(f"{above}{name}" for above in ("", "a/", "b/", "a/b/") for name in NAMES)
FOLDER_MODES = (0o755, 0o700, 0o555, 0o500, 0o1777)


@dataclass(frozen=True)
class Entry:
    """`known`: it is a file of the source that nobody has changed."""

    kind: str
    number: int
    known: bool = False


Tree = dict[str, Entry]
ENTRIES = st.builds(
    Entry, st.sampled_from(("file", "file", "folder", "link", "pipe")), st.integers(0, 4), st.booleans()
)
TREES = st.dictionaries(st.sampled_from(PLACES), ENTRIES, max_size=9)


class Volume:
    """Builds of one app, and the folder of its image."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.app = root / "app"
        self.app.mkdir(mode=0o700)

    def write(self, ident: str, tree: Tree) -> manifest.Manifest:
        """Write a build and its lists, as its driver leaves them."""
        build, out = self.root / f"build_{ident}", self.root / f"slug_{ident}"
        out.mkdir()
        build.mkdir(mode=0o700)
        folders: dict[Path, int] = {}
        for path, entry in sorted(tree.items()):
            if build / path not in folders:
                self._entry(build / path, entry, folders)
        for folder, mode in sorted(folders.items(), reverse=True):
            folder.chmod(mode)
        found = app_part.entries(build, ())
        digests = {
            b"./" + os.fsencode(path): hash_of((build / path).read_bytes())
            for path, entry in tree.items()
            if entry.kind == "file" and entry.known and (build / path).is_file() and not (build / path).is_symlink()
        }
        (out / app_part.WRITE).write_bytes(app_part.listed(found))
        return manifest.of(found, digests)

    def _entry(self, place: Path, entry: Entry, folders: dict[Path, int]) -> None:
        for parent in [*place.parents][::-1]:
            if parent.is_relative_to(self.root) and not parent.is_dir():
                if parent.is_symlink() or parent.exists():
                    return
                parent.mkdir()
            if parent.is_symlink():
                return
        if entry.kind == "folder":
            place.mkdir(exist_ok=True)
            folders[place] = FOLDER_MODES[entry.number]
        elif entry.kind == "link":
            place.symlink_to(("a", "b", "gone", "/etc/passwd", "..")[entry.number])
        elif entry.kind == "pipe":
            os.mkfifo(place, 0o640)
        else:
            place.write_bytes(b"%d" % entry.number * 100)
            place.chmod((0o644, 0o755, 0o600, 0o4755, 0o444)[entry.number % 3])
            os.utime(place, (MOMENT + entry.number % 2, MOMENT + entry.number % 2))

    def difference(self, ident: str, rows: manifest.Manifest, base: manifest.Manifest) -> manifest.Difference:
        found = manifest.difference(rows, base)
        out = self.root / f"slug_{ident}"
        (out / manifest.CHANGED).write_bytes(app_part.listed(found.changed))
        (out / manifest.REMOVED).write_bytes(app_part.listed(found.removed))
        return found

    def release(self, order: str) -> None:
        command = ["bash", "-c", SCRIPT.read_text(), SCRIPT.name, str(self.root), str(self.app)]
        done = subprocess.run(command, input=f"{order}\n", capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")

    def is_like(self, ident: str) -> None:
        assert seen(self.app) == seen(self.root / f"build_{ident}")


@pytest.fixture
def new_volume(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Volume]:
    return lambda: Volume(tmp_path_factory.mktemp("volume"))


@settings(max_examples=60, deadline=None)
@given(st.lists(TREES, min_size=2, max_size=3))
def test_on_images_of_any_builds(tmp_path_factory: pytest.TempPathFactory, trees: list[Tree]) -> None:
    volume = Volume(tmp_path_factory.mktemp("volume"))
    base = volume.write("0", trees[0])
    volume.release("0")
    for number, tree in enumerate(trees[1:], 1):
        rows = volume.write(str(number), tree)
        volume.difference(str(number), rows, base)
        volume.release(f"{number} on")
        volume.is_like(str(number))
        base = rows


def test_only_what_is_another_file_is_written(new_volume: Callable[[], Volume]) -> None:
    volume = new_volume()
    same, old, new = Entry("file", 1, known=True), Entry("file", 2, known=True), Entry("file", 3, known=True)
    base = volume.write("0", {"a/a": same, "a/b": old, "b/a": same, "a/-C": Entry("file", 1)})
    rows = volume.write("1", {"a/a": same, "a/b": new, "b": same, "a/-C": Entry("file", 1)})
    volume.release("0")
    kept = (volume.app / "a" / "a").stat().st_ino
    found = volume.difference("1", rows, base)
    assert found.changed == (b".", b"./a", b"./a/-C", b"./a/b", b"./b")
    assert found.removed == (b"./b", b"./b/a")
    volume.release("1 on")
    volume.is_like("1")
    assert (volume.app / "a" / "a").stat().st_ino == kept


@pytest.mark.parametrize(("mode", "time"), [(0o755, MOMENT), (0o644, MOMENT + 1)])
def test_a_mode_or_a_time_is_a_difference(mode: int, time: int) -> None:
    row, other = (0o100000, 0o644, MOMENT, "d"), (0o100000, mode, time, "d")
    assert manifest.difference({"./a": row}, {"./a": row}) == manifest.Difference((), ())
    assert manifest.difference({"./a": other}, {"./a": row}).changed == (b"./a",)


def test_a_manifest_is_read_as_it_was_written_and_by_its_hash_alone(tmp_path: Path) -> None:
    rows = {".": (0o40000, 0o755, 1, ""), os.fsdecode(b"./\xff"): (0o100000, 0o644, 2, "d")}
    text = manifest.text_of(rows)
    (tmp_path / manifest.NAME).write_bytes(text)
    assert manifest.read(tmp_path / manifest.NAME, hash_of(text)) == rows
    assert manifest.read(tmp_path / manifest.NAME, hash_of(b"")) is None
    assert manifest.read(tmp_path / "none", hash_of(text)) is None
