from __future__ import annotations

import io
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localku.cli import terminal
from localku.neutral import neutral, neutral_lines

CONTROLS = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in {"Cc", "Zl", "Zp"}]
TURNING = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]


def test_every_control_character_is_shown_and_tabs_stay() -> None:
    for char in (*CONTROLS, *TURNING):
        shown = neutral(f"a{char}b")
        assert shown == ("a\tb" if char == "\t" else f"a{char.encode('unicode_escape').decode()}b")
        assert neutral(f"a{char}b", colours=True) == shown


@pytest.mark.parametrize(
    "text",
    ["", "plain\ttext", "grün", "שלום", "👩\u200d💻", "a\u200fb", "\x1b[1;31mred\x1b[0m", "\x1b[38;5;9mred\x1b[0m"],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert neutral(text, colours=True) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[1;1Hgone", "gone"),
        ("\x1b[?25lhidden", "hidden"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x1bc", "\\x1bc"),
        ("\x1b[31mred", "\x1b[31mred\x1b[0m"),
        ("\x1b[\x1b[31m5n", "\\x1b[\x1b[31m5n\x1b[0m"),
    ],
)
def test_of_control_sequences_only_colours_stay_and_end_with_the_line(text: str, shown: str) -> None:
    assert neutral(text, colours=True) == shown
    assert neutral(text) == shown.replace("\x1b[31m", "").replace("\x1b[0m", "")


@given(st.text())
def test_nothing_that_is_left_could_command_a_terminal(text: str) -> None:
    assert not set(neutral(text)) & {*CONTROLS, *TURNING} - {"\t"}
    assert neutral(neutral(text)) == neutral(text)


def test_lines_keep_their_newlines_of_either_kind() -> None:
    assert neutral_lines("one\r\ntwo\rthree\n") == "one\ntwo\\rthree\n"


def test_the_terminal_gets_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    terminal.say("\x9b2J\x1b[31mred\nnext\u2028", output)
    assert output.getvalue() == "\\x9b2Jred\nnext\\u2028\n"
    monkeypatch.setenv("FORCE_COLOR", "1")
    terminal.say("\x1b[31mred\x1b[2J", output)
    assert output.getvalue().endswith("\x1b[31mred\x1b[0m\n")


def test_json_is_for_programs_and_has_no_control_character_either(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_json({"path": "\x7f\x9b\u2028\x1b"}, indent=None)
    assert capsys.readouterr().out == '{"path": "\\u007f\\u009b\\u2028\\u001b"}\n'
