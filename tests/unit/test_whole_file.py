"""A file is replaced in one step, or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from localku import whole_file


def test_it_has_the_content_and_the_mode_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "one"
    whole_file.write(file, "first")
    whole_file.write(file, b"second", 0o700)
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("second", 0o700)
    assert list(tmp_path.iterdir()) == [file]


def test_a_failure_leaves_what_there_was(tmp_path: Path) -> None:
    place = tmp_path / "folder"
    place.mkdir()
    (place / "inside").touch()
    with pytest.raises(OSError, match="folder"):
        whole_file.write(place, "text")
    assert list(tmp_path.iterdir()) == [place]


def test_what_says_the_same_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "one"
    whole_file.keep(file, "text")
    before = file.stat()
    whole_file.keep(file, b"text")
    assert file.stat().st_ino == before.st_ino
    whole_file.keep(file, "other")
    assert file.read_text() == "other"
