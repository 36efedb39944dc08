"""Work that two processes share: all of it is done once, and an error comes up in the one that waits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pybuild import two_processes


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_all_of_it_is_done_once_by_two_processes(count: int, tmp_path: Path) -> None:
    def work(number: int) -> None:
        with (tmp_path / str(number)).open("x") as file:
            file.write(str(os.getpid()))

    two_processes.do(work, range(count))
    done = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert sorted(done) == [str(number) for number in range(count)]
    assert len(set(done.values())) == min(2, count)


def test_what_the_copy_fails_at_is_done_here(tmp_path: Path) -> None:
    here = os.getpid()

    def work(number: int) -> None:
        if os.getpid() != here:
            raise OSError("killed")
        (tmp_path / str(number)).write_text("")

    two_processes.do(work, range(4))
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("bad", [0, 1])
def test_an_error_is_the_callers_whoever_found_it(bad: int) -> None:
    def work(number: int) -> None:
        if number == bad:
            raise OSError(f"no {number}")

    with pytest.raises(OSError, match=f"no {bad}"):
        two_processes.do(work, range(4))
