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
