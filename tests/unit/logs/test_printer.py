import io
from datetime import UTC, datetime

import pytest

from localku.logs.line import LogLine
from localku.logs.printer import LogPrinter

MOMENT = datetime(2024, 6, 5, 11, 12, 35, 48384, tzinfo=UTC)
STAMP = "2024-06-05T11:12:35.048384+00:00"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def line(proc: str, message: str, source: str = "app") -> LogLine:
    return LogLine(MOMENT, source, proc, message)


def shown(
    output: io.StringIO, *lines: LogLine, procs: tuple[str, ...] = (), environ: dict[str, str] | None = None
) -> str:
    printer = LogPrinter(output, procs, environ or {})
    for each in lines:
        printer.print(each)
    return output.getvalue()


def test_a_pipe_gets_plain_log_lines() -> None:
    assert shown(io.StringIO(), line("web.1", "hi")) == f"{STAMP} app[web.1]: hi\n"


def test_only_the_prefix_is_coloured_and_each_proc_keeps_its_colour() -> None:
    text = shown(Terminal(), line("web.1", "a"), line("router", "b", "heroku"), line("web.1", "c", "heroku"))
    assert text.splitlines() == [
        f"\033[0m\033[36m{STAMP} app[web.1]:\033[0m a",
        f"\033[0m\033[33m{STAMP} heroku[router]:\033[0m b",
        f"\033[0m\033[36m{STAMP} heroku[web.1]:\033[0m c",
    ]


@pytest.mark.parametrize(
    ("output", "environ", "coloured"),
    [
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_follows_the_environment(output: io.StringIO, environ: dict[str, str], coloured: bool) -> None:
    assert ("\033[36m" in shown(output, line("web.1", "x"), environ=environ)) is coloured


def test_filters_take_dynos_and_process_types() -> None:
    lines = [line("web.1", "1"), line("web.2", "2"), line("worker.1", "3"), line("router", "4")]
    text = shown(io.StringIO(), *lines, procs=("web", "router"))
    assert [row.rpartition(" ")[2] for row in text.splitlines()] == ["1", "2", "4"]


def test_a_line_stays_one_line_whatever_is_in_it() -> None:
    assert shown(io.StringIO(), line("web.1", "a\x0bb\u2028c")).count("\n") == 1


def test_what_an_app_prints_commands_no_terminal_and_only_its_colours_stay() -> None:
    hostile = "\x1b[2J\x1b[31mred\x9b2J\x07\r2024 app[web.1]: forged\u202e"
    printed = shown(Terminal(), line("web.1", hostile)).split("\033[0m ", 1)[1]
    assert printed == "\x1b[31mred\\x9b2J\\x07\\r2024 app[web.1]: forged\\u202e\x1b[0m\n"
    assert shown(io.StringIO(), line("web.1", "\x1b[31mred\x1b[0m")).endswith("]: red\n")


def test_a_terminal_without_utf8_shows_question_marks() -> None:
    raw = io.BytesIO()
    output = io.TextIOWrapper(raw, encoding="ascii")
    LogPrinter(output, environ={}).print(line("web.1", "grün"))
    assert raw.getvalue().endswith(b"gr?n\n")
