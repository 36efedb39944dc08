"""Whatever programs of an app do to its source, the next build takes of it only what is what was sent."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localku.slugs.inside import app_part, received, untouched
from localku.slugs.inside.received import RECORD

SENT = {"a.py": b"a", "b.py": b"b", "data/one.bin": b"1" * 5000, "data/two.bin": b"2" * 5000, "deep/er/x": b"x"}
DIGESTS = {path: hashlib.sha256(content).hexdigest() for path, content in SENT.items()}
WANTED = {path: (0o644, digest) for path, digest in DIGESTS.items()}
_folders = count()


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    return new_volume(tmp_path)


def new_volume(root: Path) -> Path:
    folder = root / f"received{next(_folders)}"
    folder.mkdir()
    return folder


def build(volume: Path, ident: str, sent: dict[str, bytes]) -> str:
    """Let a build get these files; return the hash of its record."""
    folder, out = volume / f"build_{ident}", volume / f"slug_{ident}"
    out.mkdir()
    for path, content in sent.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        (folder / path).chmod(0o644)
    return received.keep(folder, out, {path: DIGESTS[path] for path in sent})[1]


def taken(volume: Path, record: str, trees: tuple[str, ...] = (), **modes: int) -> set[str]:
    wanted = {path: (modes.get(path.partition(".")[0], mode), digest) for path, (mode, digest) in WANTED.items()}
    return received.taken(received.last(volume, "1", record), volume / "build_2", wanted, trees)


def test_all_is_there_and_moves_with_its_time(volume: Path) -> None:
    record = build(volume, "1", SENT)
    os.utime(volume / "build_1" / "a.py", (4711, 4711))
    assert taken(volume, record) == SENT.keys() - {"a.py"}, "a time that somebody set is a change"
    assert (volume / "build_2" / "data" / "one.bin").read_bytes() == SENT["data/one.bin"]
    assert not (volume / "build_1" / "data" / "one.bin").exists()
    assert {(volume / "build_2" / name).stat().st_mode & 0o777 for name in (".", "data", "deep/er")} == {0o755}


def test_only_what_has_the_digest_that_is_wanted(volume: Path) -> None:
    record = build(volume, "1", SENT)
    other = received.taken(
        received.last(volume, "1", record), volume / "build_2", {**WANTED, "a.py": (0o644, DIGESTS["b.py"])}, ()
    )
    assert other == SENT.keys() - {"a.py"}


def test_a_file_with_another_mode_is_taken_and_gets_it(volume: Path) -> None:
    record = build(volume, "1", SENT)
    assert taken(volume, record, a=0o755) == set(SENT)
    assert (volume / "build_2" / "a.py").stat().st_mode & 0o777 == 0o755


def test_what_lies_in_a_tree_of_a_buildpack_stays_there(volume: Path) -> None:
    record = build(volume, "1", SENT)
    assert taken(volume, record, trees=("data", "a")) == SENT.keys() - {"data/one.bin", "data/two.bin"}
    assert (volume / "build_1" / "data" / "one.bin").exists()


def test_a_record_that_was_written_over_counts_for_nothing(volume: Path) -> None:
    record = build(volume, "1", SENT)
    file = volume / "slug_1" / RECORD
    file.write_bytes(file.read_bytes().replace(DIGESTS["a.py"].encode(), DIGESTS["b.py"].encode()))
    assert taken(volume, record) == set()


@pytest.mark.parametrize("target", ["/proc/self/mem", "/dev/zero", "/nowhere", "."])
def test_nor_one_that_nobody_can_read(target: str, volume: Path) -> None:
    record = build(volume, "1", SENT)
    (volume / "slug_1" / RECORD).unlink()
    (volume / "slug_1" / RECORD).symlink_to(target)
    assert taken(volume, record) == set()


@pytest.mark.parametrize("record", ["", "0" * 64])
def test_nor_one_that_localku_does_not_know(record: str, volume: Path) -> None:
    build(volume, "1", SENT)
    assert taken(volume, record) == set()


def test_nothing_is_taken_where_there_is_no_build(volume: Path) -> None:
    assert taken(volume, "0" * 64) == set()


def test_without_a_clock_that_ticks_nothing_is_recorded(volume: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untouched, "moment", lambda _marker: None)
    assert build(volume, "1", SENT) == ""


def test_a_build_that_was_killed_while_it_took_files_leaves_the_others(volume: Path) -> None:
    record = build(volume, "1", SENT)
    (volume / "lost").mkdir()
    (volume / "build_1" / "a.py").rename(volume / "lost" / "a.py")
    assert taken(volume, record) == SENT.keys() - {"a.py"}


def test_what_a_program_left_alone_is_known_at_the_end(volume: Path) -> None:
    folder = volume / "build_1"
    build(volume, "1", SENT)
    files = received.last(volume, "1", received.keep(folder, volume / "slug_1", DIGESTS)[1]).files
    (folder / "a.py").write_bytes(b"b")
    (folder / "b.py").unlink()
    (folder / "new").write_text("n")
    known = received.intact(files, app_part.entries(folder, ()))
    assert known == {f"./{path}".encode(): DIGESTS[path] for path in SENT.keys() - {"a.py", "b.py"}}


def in_place(folder: Path, one: str, _other: str) -> None:
    """Write over it, and put its times back."""
    file = folder / one
    times = file.stat()
    file.write_bytes(b"#" * times.st_size)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def by_map(folder: Path, one: str, _other: str) -> None:
    import mmap

    with (folder / one).open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        memory[:1] = b"#"


def exchange(folder: Path, one: str, other: str) -> None:
    (folder / one).rename(folder / "between")
    (folder / other).rename(folder / one)
    (folder / "between").rename(folder / other)


def exchange_folders(folder: Path, one: str, other: str) -> None:
    here, there = (folder / path.partition("/")[0] for path in (one, other))
    if here.is_dir() and there.is_dir() and here != there:
        exchange(folder, here.name, there.name)


def copy(folder: Path, one: str, other: str) -> None:
    shutil.copy2(folder / one, folder / other)


def link(folder: Path, one: str, other: str) -> None:
    (folder / other).unlink()
    (folder / other).hardlink_to(folder / one)


def symlink(folder: Path, one: str, other: str) -> None:
    (folder / other).unlink()
    (folder / other).symlink_to(folder / one)


def symlink_folder(folder: Path, one: str, other: str) -> None:
    top = folder / one.partition("/")[0]
    if top.is_dir() and "/" not in other and (folder / other).is_file():
        top.rename(folder / "aside")
        top.symlink_to("aside")


def copy_folder(folder: Path, one: str, _other: str) -> None:
    top = folder / one.partition("/")[0]
    if top.is_dir() and not top.is_symlink():
        shutil.copytree(top, folder / "copied", dirs_exist_ok=True, symlinks=True)
        shutil.rmtree(top)
        (folder / "copied").rename(top)


def mode(folder: Path, one: str, _other: str) -> None:
    (folder / one).chmod(0o600)


def delete(folder: Path, one: str, _other: str) -> None:
    (folder / one).unlink()


Deed = Callable[[Path, str, str], None]
DEEDS: tuple[Deed, ...] = (
    in_place, by_map, exchange, exchange_folders, copy, link, symlink, symlink_folder, copy_folder, mode, delete,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(DEEDS), *[st.sampled_from(sorted(SENT))] * 2), max_size=5))
def test_what_is_taken_is_what_was_sent(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[tuple[Deed, str, str]]
) -> None:
    volume = new_volume(tmp_path_factory.getbasetemp())
    record = build(volume, "1", SENT)
    for deed, one, other in deeds:
        with suppress(OSError):  # it is gone, or the same
            deed(volume / "build_1", one, other)
    found = taken(volume, record)
    assert {path: (volume / "build_2" / path).read_bytes() for path in found} == {path: SENT[path] for path in found}
    assert all((volume / "build_2" / path).lstat().st_nlink == 1 for path in found)
    assert deeds or found == set(SENT)
