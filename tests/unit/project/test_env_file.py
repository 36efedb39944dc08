from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from dotenv import dotenv_values
from hypothesis import given, settings
from hypothesis import strategies as st

from localku.project import env_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=a b", "a b"),
        ("A='x#y'", "x#y"),
        ("A=$HOME", "$HOME"),
        ("A=b # note", "b"),
        ('A="x y"', "x y"),
        (" A = b ", "b"),
    ],
)
def test_lines_everybody_reads_alike(line: str, value: str) -> None:
    assert env_file.parse(f"# c\n\n{line}\n") == env_file.EnvFile({"A": value})


@pytest.mark.parametrize(
    ("line", "value", "warning"),
    [
        ("A=abc#def", "abc#def", ".env line 3: `heroku local` reads a different value for A: it cuts at `#`"),
        ("export A=1", "1", ".env line 3: `heroku local` names it 'export A', not A"),
        (r'A="l\n2"', "l\n2", "reads a different value for A: it does not know backslash escapes"),
        ("A=", "", ".env line 3: `heroku local` drops A"),
        ('A="one\ntwo"', "one\ntwo", ".env line 3: A spans several lines"),
    ],
)
def test_lines_heroku_local_reads_otherwise(line: str, value: str, warning: str) -> None:
    found = env_file.parse(f"X=1\n\n{line}\n")
    assert found.values == {"X": "1", "A": value}
    assert len(found.warnings) == 1
    assert warning in found.warnings[0]


def test_no_value_shows_in_a_warning() -> None:
    found = env_file.parse("A=s3cret#s3cret\nexport B=s3cret\ns3cret oops\n")
    assert len(found.warnings) == 3
    assert "s3cret" not in "".join(found.warnings)


def test_lines_that_set_nothing() -> None:
    found = env_file.parse("FOO\nnot a line\n")
    assert found.values == {}
    assert found.warnings == (
        ".env line 1: FOO has no value; ignored. Write `FOO=`.",
        ".env line 2 is not NAME=value; ignored.",
    )


def test_json_is_flattened_as_heroku_local_does() -> None:
    text = '{"top": {"middle": {"bottom": "value"}, "other": ["zero", 1]}, "camelCase": true, "no": null, "last": 42.0}'
    assert env_file.parse(text) == env_file.EnvFile(
        {"TOP_MIDDLE_BOTTOM": "value", "TOP_OTHER_0": "zero", "TOP_OTHER_1": "1", "CAMELCASE": "true", "LAST": "42"}
    )


def test_what_only_looks_like_json_is_read_line_by_line() -> None:
    assert env_file.parse("{\nA=1\n").values == {"A": "1"}


def test_read(tmp_path: Path) -> None:
    assert env_file.read(tmp_path) is None
    (tmp_path / ".env.dev").write_bytes(b"\xef\xbb\xbfA=1\r\nB=2\r\n")
    assert env_file.read(tmp_path, ".env.dev") == env_file.EnvFile({"A": "1", "B": "2"})


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(["A", "B=", "=", " ", "\n", "'", '"', "#", "\\", "x", "export ", "\r\n"]), max_size=25))
def test_values_are_those_of_python_dotenv(parts: list[str]) -> None:
    text = "".join(parts)
    expected = {k: v for k, v in dotenv_values(stream=io.StringIO(text), interpolate=False).items() if v is not None}
    assert expected.items() <= env_file.parse(text).values.items()
