import os
import py_compile
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.likeness import differences, exact, slug

PLACE = re.compile(rb"(?<=/)(quick|clean)(?=/)")


def made(folder: Path, time: int) -> Path:
    """Make a slug as it would be in a build at `time`, below a folder of its own name."""
    (folder / "lib").mkdir(parents=True)
    source = folder / "lib" / "module.py"
    source.write_text("x = 1\n")
    os.utime(source, (time, time))
    compiled = folder / "lib" / "__pycache__" / "module.cpython-313.pyc"
    py_compile.compile(str(source), str(compiled), dfile="/app/module.py")
    (folder / "script").write_text(f"#!/{folder.name}/bin/python\n")
    (folder / "RECORD").write_text(f"../bin/script,sha256={time},10\nmodule.py,sha256=one,6\n")
    (folder / "direct_url.json").write_text(f'{{"url": "file:///tmp/build_{time}/a.whl"}}')
    (folder / "link").symlink_to(f"/{folder.name}/file")
    return folder


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    return made(tmp_path / "quick", 1000), made(tmp_path / "clean", 2000)


def test_builds_of_another_time_and_place_are_alike(two: tuple[Path, Path]) -> None:
    assert differences(*(slug(folder, PLACE) for folder in two)) == []
    assert len(differences(*(exact(folder, ["lib"]) for folder in two))) == 2


def link_elsewhere(folder: Path) -> None:
    (folder / "link").unlink()
    (folder / "link").symlink_to("elsewhere")


def source_of_another_time(folder: Path) -> None:
    os.utime(folder / "lib" / "module.py", (3, 3))


CHANGES: dict[str, Callable[[Path], object]] = {
    "script": lambda folder: (folder / "script").write_text("#!/bin/sh\n"),
    "lib/module.py": lambda folder: (folder / "lib" / "module.py").chmod(0o755),
    "lib": lambda folder: (folder / "lib").chmod(0o700),
    "more": lambda folder: (folder / "more").mkdir(),
    "RECORD": lambda folder: (folder / "RECORD").write_text("../bin/script,sha256=1,10\nmodule.py,sha256=two,6\n"),
    "lib/__pycache__/module.cpython-313.pyc": source_of_another_time,
    "link": link_elsewhere,
}


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_is_a_difference(path: str, two: tuple[Path, Path]) -> None:
    CHANGES[path](two[1])
    found = differences(*(slug(folder, PLACE) for folder in two))
    assert [line.partition(": ")[0] for line in found] == [path]
