import os
import sys
from pathlib import Path

import pytest

from localku.cli.background import LIMIT, SmallFile, small_output


def test_a_file_that_nobody_reads_stays_small_and_has_the_newest(tmp_path: Path) -> None:
    path, sizes = tmp_path / "log", []
    with SmallFile(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "ab") as file:
        for number in range(300):
            file.write(b"%d " % number + b"x" * 10_000 + b"\n")
            sizes.append(path.stat().st_size)
    assert max(sizes) <= LIMIT + 10_010
    assert path.read_bytes().splitlines()[-1].startswith(b"299 ")


def test_both_outputs_go_there_while_it_lasts(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with small_output():
        print("one")
        print("two", file=sys.stderr)
    assert capfd.readouterr().out == "one\ntwo\n"


def test_a_full_disk_ends_nobody_who_has_something_to_say(capfd: pytest.CaptureFixture[str]) -> None:
    own = os.dup(1)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, 1)
    try:
        with small_output():
            print("Stopping")
            print("stopped", file=sys.stderr)
    finally:
        os.dup2(own, 1)
        os.close(own)
        os.close(full)
    assert capfd.readouterr() == ("", "")


def test_another_error_is_told(tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    with (
        SmallFile(os.open(tmp_path / "log", os.O_RDONLY), "rb") as file,
        pytest.raises(OSError, match=r"not open for writing|Bad file descriptor"),
    ):
        file.write(b"x")
