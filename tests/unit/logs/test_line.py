from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localku.errors import LocalkuError
from localku.logs.assembler import Assembler
from localku.logs.line import CHUNK_BYTES, LogLine, chunks, matches, messages, parse
from localku.logs.line import format as render

MOMENT = datetime(2024, 6, 5, 11, 12, 35, 48384, tzinfo=UTC)
WEB = LogLine(MOMENT, "app", "web.1", "Booting worker with pid: 4")


def test_a_line_looks_as_on_heroku() -> None:
    assert render(WEB) == "2024-06-05T11:12:35.048384+00:00 app[web.1]: Booting worker with pid: 4"


def test_time_has_six_digits_and_is_utc() -> None:
    berlin = datetime(2024, 6, 5, 13, 12, 35, tzinfo=timezone(timedelta(hours=2)))
    assert render(LogLine(berlin, "heroku", "router", "")) == "2024-06-05T11:12:35.000000+00:00 heroku[router]: "


def test_parse_reads_a_captured_router_line() -> None:
    line = parse('2024-06-05T11:12:35.048384+00:00 heroku[router]: at=error code=H10 desc="App crashed" path="/]: b"\n')
    assert (line.source, line.proc, line.time) == ("heroku", "router", MOMENT)
    assert line.message == 'at=error code=H10 desc="App crashed" path="/]: b"'


@pytest.mark.parametrize("text", ["", "hello", "2024-06-05 app[web.1]: x", "yesterday app[web.1]: x"])
def test_parse_says_what_a_line_looks_like(text: str) -> None:
    with pytest.raises(LocalkuError, match="Not a log line") as error:
        parse(text)
    assert "app[web.1]: message" in error.value.hint


@given(
    st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["app", "heroku"]),
    st.sampled_from(["web.1", "run.1234", "heroku-postgres", "api"]),
    st.text().filter(lambda text: "\n" not in text),
)
def test_parse_is_the_inverse_of_format(time: datetime, source: str, proc: str, message: str) -> None:
    line = LogLine(time, source, proc, message)
    assert parse(render(line)) == line


def test_messages_are_lines_without_carriage_returns() -> None:
    assert messages(b"one\r\n\ntwo\x0bthree\n") == ["one", "", "two\x0bthree"]
    assert messages("") == messages("\n") == [""]


def test_binary_garbage_is_replaced() -> None:
    assert messages(b"\xff\x00ok") == ["\ufffd\x00ok"]


def test_a_long_message_is_split_as_logplex_splits_it() -> None:
    assert [len(part) for part in messages("x" * 25_000)] == [10_000, 10_000, 5_000]


@given(st.text(max_size=60).filter(lambda text: "\n" not in text), st.integers(min_value=4, max_value=20))
def test_chunks_never_cut_a_character(text: str, limit: int) -> None:
    clean = text.encode("utf-8", "replace").decode()
    parts = chunks(text, limit)
    assert "".join(parts) == clean
    assert all(len(part.encode()) <= limit for part in parts)


@pytest.mark.parametrize(
    ("source", "proc", "expected"),
    [
        (None, None, True),
        ("app", None, True),
        ("heroku", None, False),
        (None, "web", True),
        (None, "web.1", True),
        (None, "web.2", False),
        (None, "we", False),
        ("app", "worker", False),
    ],
)
def test_a_process_type_matches_its_dynos(source: str | None, proc: str | None, expected: bool) -> None:
    assert matches(WEB, source, proc) is expected


@given(st.binary(max_size=200), st.lists(st.integers(min_value=1, max_value=50)))
def test_the_assembler_loses_nothing(data: bytes, cuts: list[int]) -> None:
    assembler, lines, rest = Assembler(), [], data
    for size in cuts:
        lines += assembler.feed(rest[:size])
        rest = rest[size:]
    lines += assembler.feed(rest) + assembler.flush()
    assert lines == (data.removesuffix(b"\n").split(b"\n") if data else [])


def test_the_assembler_splits_endless_output_where_the_log_does() -> None:
    assembler = Assembler()
    raw = ("é" * 12_500 + "\nnext").encode()
    lines = [line for start in range(0, len(raw), 4096) for line in assembler.feed(raw[start : start + 4096])]
    assert [len(line) for line in lines] == [CHUNK_BYTES, CHUNK_BYTES, 5_000]
    assert assembler.flush() == [b"next"]
    assert assembler.flush() == []
