"""An installation is told from another by its files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from localku.control import digest


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / "one.py").write_text("1")
    (tmp_path / "inner" / "two.py").write_text("2")
    return tmp_path


def test_the_same_files_have_the_same_digest(package: Path) -> None:
    assert digest.of(package) == digest.of(package)


def test_a_changed_file_changes_it(package: Path) -> None:
    before = digest.of(package)
    (package / "inner" / "two.py").write_text("3")
    os.utime(package / "inner" / "two.py", ns=(1, 1))
    assert digest.of(package) != before


def test_a_file_that_comes_or_moves_changes_it(package: Path) -> None:
    seen = {digest.of(package)}
    (package / "three.py").touch()
    seen.add(digest.of(package))
    (package / "three.py").rename(package / "inner" / "three.py")
    seen.add(digest.of(package))
    assert len(seen) == 3


def test_what_python_caches_does_not(package: Path) -> None:
    before = digest.of(package)
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "one.pyc").touch()
    assert digest.of(package) == before
