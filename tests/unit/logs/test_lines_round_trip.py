"""What one part of localku writes into the log and another reads: every line comes back as it went in."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localku.dyno import dyno_lines, memory_quota
from localku.dyno.dyno_sizes import Size, named
from localku.dyno.memory_sample import MEGABYTE, Sample
from localku.engine.usage import MemoryUse
from localku.logs import api_lines, router_line
from localku.logs.router_line import RouterLine
from localku.router import codes
from localku.router.codes import Code

LOCALKU = Path(router_line.__file__).parents[1]
WRITERS = {"dyno_lines.py", "memory_quota.py", "router_line.py", "api_lines.py"}
STATES = ("starting", "up", "crashed", "down", "complete")

words = st.text(string.ascii_letters + string.digits + ".-", max_size=12)
texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs", "S")), max_size=30)
numbers = st.none() | st.integers(0, 10**9 - 1)
requests = st.builds(
    RouterLine,
    method=st.sampled_from(["GET", "POST", "get"]),
    path=texts,
    host=words,
    request_id=words,
    client=texts,
    dyno=words,
    connect=numbers,
    service=numbers,
    status=numbers,
    sent=numbers,
    protocol=st.sampled_from(["http", "https"]),
    at=st.just("info"),
    **dict.fromkeys(("code", "desc", "sock", "cause"), st.just("")),
)


@given(requests)
def test_a_request(line: RouterLine) -> None:
    assert router_line.parse(router_line.format(line)) == line


@pytest.mark.parametrize(
    "code", [one for one in vars(codes).values() if isinstance(one, Code)], ids=lambda one: one.name
)
def test_a_request_that_failed(code: Code) -> None:
    line = RouterLine(
        "GET", '/a?b="c" code=H99', at=code.at, code=code.name, desc=code.desc, sock="client", cause="no such folder"
    )
    assert router_line.parse(router_line.format(line)) == line


@given(requests)
def test_a_glimpse_sees_what_a_reader_reads(line: RouterLine) -> None:
    row = f"2024-06-05T11:12:35.048384+00:00 heroku[router]: {router_line.format(line)}".encode()
    assert router_line.glimpse(row) in {None, (line.status, line.service)}


def test_a_glimpse_is_enough_for_a_request_that_was_served() -> None:
    served = router_line.format(RouterLine("GET", "/", connect=1, service=12, status=200, sent=3, protocol="http"))
    assert router_line.glimpse(f"2024-06-05T11:12:35.048384+00:00 heroku[router]: {served}".encode()) == (200, 12)


def test_what_is_no_request() -> None:
    assert router_line.parse("at=info path=/") is None


@given(texts)
def test_a_command(command: str) -> None:
    assert dyno_lines.parse_starting(dyno_lines.starting(command)) == command


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_a_change_of_state(before: str, after: str) -> None:
    assert dyno_lines.parse_changed(dyno_lines.changed(before, after)) == (before, after)


@pytest.mark.parametrize("status", [0, 1, 137, 255])
def test_an_exit_status(status: int) -> None:
    assert dyno_lines.parse_exited(dyno_lines.exited(status)) == status


@pytest.mark.parametrize("code", ["R10", "R12", "R14", "R15", "R16"])
def test_an_error(code: str) -> None:
    assert dyno_lines.parse_error(getattr(dyno_lines, code)) == code


@pytest.mark.parametrize("used", [600, 2000])
def test_memory(used: int) -> None:
    sample = Sample(MemoryUse(rss=used * MEGABYTE, swap=0, cache=0, shared=0, pages_in=0, pages_out=0), 512)
    told, error, *_ = memory_quota.lines(sample)
    assert memory_quota.parse_running(told) == (used, round(used / 512 * 100, 1))
    assert dyno_lines.parse_error(error) == ("R15" if used > 1024 else "R14")


@pytest.mark.parametrize("size", [named("standard-1x"), named("eco")], ids=lambda size: size.name)
def test_memory_at_the_limit(size: Size) -> None:
    assert memory_quota.parse_running(memory_quota.out_of_memory(size)[0]) == (size.memory * 2, 200.0)


@pytest.mark.parametrize("version", [1, 12345])
def test_a_release(version: int) -> None:
    assert api_lines.parse_release_created(api_lines.release_created(version, "localku")) == version


@pytest.mark.parametrize("message", ["", "Restarting", "State changed", "Process exited", "Error", "Release v"])
def test_other_lines_are_none_of_them(message: str) -> None:
    parsers = (
        dyno_lines.parse_starting,
        dyno_lines.parse_changed,
        dyno_lines.parse_exited,
        memory_quota.parse_running,
        api_lines.parse_release_created,
        router_line.parse,
    )
    assert [parse(message) for parse in parsers] == [None] * len(parsers)
    assert dyno_lines.parse_error(message) == ""


def test_nobody_else_spells_these_lines() -> None:
    """Reword one, and who reads it goes on reading it."""
    spelled = re.compile(
        r"State changed from|Starting process with command|Process (exited|running) |Error R1|Release v.* created by"
    )
    others = [file for file in LOCALKU.rglob("*.py") if file.name not in WRITERS]
    assert [file.name for file in others if spelled.search(file.read_text())] == []
