"""What is installed anew and is as before has the times of before, with bytecode that still belongs to its source."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import struct
from pathlib import Path

import pytest
from pybuild import same_times

OLD, NEW = 1_600_000_000, 1_700_000_000

FILES = {
    "same.py": "x = 1\n",
    "package/__init__.py": "",
    "package/part.py": "y = {1, 2}\n",
    "package/data.txt": "data",
}


def installed(folder: Path, time: int) -> Path:
    """Install the files as pip does at that time."""
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        os.utime(file, (time, time))
        if file.suffix == ".py":
            made = py_compile.compile(str(file), dfile=f"/app/{name}")
            os.utime(str(made), (time, time))
    return folder


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return installed(tmp_path / "old", OLD)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return installed(tmp_path / "new", NEW)


def times(folder: Path) -> dict[str, int]:
    return {
        str(file.relative_to(folder)): int(file.stat().st_mtime) for file in sorted(folder.rglob("*")) if file.is_file()
    }


def bytecode(source: Path) -> Path:
    return Path(importlib.util.cache_from_source(str(source)))


def belongs(source: Path) -> bool:
    """Whether Python takes the bytecode for that of the source."""
    _, flags, time, size = struct.unpack("<4sIII", bytecode(source).read_bytes()[:16])
    return (flags, time, size) == (0, int(source.stat().st_mtime), source.stat().st_size)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_what_is_the_same_has_the_times_of_before_and_is_the_old_tree_byte_by_byte(new: Path, old: Path) -> None:
    same_times.keep(new, old)
    assert times(new) == times(old)
    assert contents(new) == contents(old)


def test_another_content_of_the_same_size_has_its_own_time_and_the_rest_that_of_before(new: Path, old: Path) -> None:
    (old / "package" / "part.py").write_text("y = {3, 4}\n")
    os.utime(old / "package" / "part.py", (OLD, OLD))
    same_times.keep(new, old)
    assert {name for name, time in times(new).items() if time == NEW} == {
        "package/part.py",
        str(bytecode(new / "package" / "part.py").relative_to(new)),
    }
    assert all(belongs(new / name) for name in FILES if name.endswith(".py"))


def test_another_mode_or_a_file_with_another_name_too_is_left_alone(new: Path, old: Path) -> None:
    (old / "same.py").chmod(0o755)
    os.link(new / "package" / "data.txt", new.with_name("kept"))
    same_times.keep(new, old)
    assert (times(new)["same.py"], times(new)["package/data.txt"]) == (NEW, NEW)
    assert belongs(new / "same.py")


def test_bytecode_that_differs_or_is_checked_by_content_still_belongs_to_its_source(new: Path, old: Path) -> None:
    bytecode(old / "same.py").write_bytes(b"something else")
    checked = bytecode(new / "package" / "part.py")
    mode = py_compile.PycInvalidationMode.CHECKED_HASH
    py_compile.compile(str(new / "package" / "part.py"), invalidation_mode=mode)
    before = checked.read_bytes()
    same_times.keep(new, old)
    assert belongs(new / "same.py")
    assert bytecode(new / "same.py").read_bytes() != b"something else"
    assert checked.read_bytes() == before


def test_optimised_bytecode_and_that_of_a_source_with_dots_in_its_name_belong_to_it_too(tmp_path: Path) -> None:
    made: dict[int, list[Path]] = {}
    for time in (OLD, NEW):
        file = tmp_path / str(time) / "a.b.py"
        file.parent.mkdir()
        file.write_text("x = 1\n")
        os.utime(file, (time, time))
        made[time] = [Path(str(py_compile.compile(str(file), dfile="/app/a.b.py", optimize=n))) for n in (0, 2)]
    same_times.keep(tmp_path / str(NEW), tmp_path / str(OLD))
    assert [file.read_bytes() for file in made[NEW]] == [file.read_bytes() for file in made[OLD]]


def test_links_and_what_is_only_in_one_of_them_stay(new: Path, old: Path) -> None:
    (new / "more").mkdir()
    (new / "more" / "only.py").write_text("")
    (old / "gone.py").write_text("")
    (new / "link").symlink_to("same.py")
    (old / "link").write_text("")
    before = contents(new / "more")
    same_times.keep(new, old)
    assert contents(new / "more") == before
    assert not (new / "gone.py").exists()
    assert (new / "link").is_symlink()
    assert int((new / "more" / "only.py").stat().st_mtime) > NEW


def test_a_tree_of_another_python_changes_nothing(new: Path, tmp_path: Path) -> None:
    before = times(new)
    same_times.keep(new, tmp_path / "nowhere")
    assert times(new) == before
