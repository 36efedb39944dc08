from __future__ import annotations

import re
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from localku.project.sources import slugignore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("pattern", "gone", "stays"),
    [
        ("*.psd", ["a.psd", "x/y/a.psd"], ["a.psdx", "psd"]),
        ("docs", ["docs", "docs/a", "x/docs/a/b"], ["docs2", "mydocs/a"]),
        ("docs/", ["docs/a", "x/docs/a"], ["docs", "x/docs"]),
        ("/docs", ["docs", "docs/a"], ["x/docs"]),
        ("a/b", ["a/b", "a/b/c"], ["x/a/b", "a/bc"]),
        ("a/*.md", ["a/x.md"], ["a/b/x.md", "x/a/x.md"]),
        ("**/b", ["b", "a/b", "a/c/b/d"], ["ab"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "ba/b"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a", "ab"]),
        ("?.txt", ["a.txt"], ["ab.txt", "/.txt"]),
        ("[a-c].txt", ["a.txt", "x/c.txt"], ["d.txt"]),
        ("[!a-c].txt", ["d.txt"], ["a.txt", "x/.txt"]),
        ("[]x]", ["]", "x"], ["[", "[]x]"]),
        ("[z-a]", [], ["z", "a", "-"]),
        ("[ab", [], ["[ab", "a"]),
        ("a\\", [], ["a", "a\\"]),
        ("[\\]a]", ["]", "a"], ["\\"]),
        ("\\#x", ["#x"], ["\\#x"]),
        ("\\!x", ["!x"], ["x"]),
        ("a*b*c", ["abc", "axbxc", "abbcc"], ["ab", "a/b/c"]),
        ("trail  ", ["trail"], ["trail  "]),
        ("trail\\ ", ["trail "], ["trail"]),
        ("#x", [], ["#x", "x"]),
        ("!x", [], ["x", "!x"]),
        ("/", [], ["a"]),
        ("", [], ["a"]),
    ],
)
def test_patterns(pattern: str, gone: list[str], stays: list[str]) -> None:
    ignored = slugignore.matcher(f"\n# comment\n{pattern}\n")
    assert [path for path in gone if not ignored(path)] == []
    assert [path for path in stays if ignored(path)] == []


def test_exceptions_are_reported() -> None:
    assert slugignore.warnings("a\n!b\n") == (".slugignore line 2: `!` patterns have no effect on Heroku; ignored.",)


def test_what_matches_nothing_is_told_with_what_does() -> None:
    text = "img/\n./img/\n*.psd  # designs\n# ./a comment\na\\ #b\n"
    assert slugignore.warnings(text) == (
        ".slugignore line 2: nothing matches `./img/`; write `/img/`.",
        ".slugignore line 3: `#` begins a comment only at the start of a line; what is before it is not ignored.",
    )
    assert not slugignore.matcher("./img/\n")("img/a.png")
    assert slugignore.matcher("/img/\n")("img/a.png")


def test_no_pattern_takes_long() -> None:
    ignored = slugignore.matcher("*a" * 40 + "b\n" + "**/a/" * 20 + "b\n")
    started = time.process_time()
    assert not ignored("a" * 200)
    assert not ignored("a/" * 30 + "c")
    assert time.process_time() - started < 1


PATHS = ["a", "ab", "b/a", "a/b", "a/b/c", "c/a/b", "[a]", "a b", "-/x", "b/c/a.b"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pattern=st.text("abc/*?[]-!\\. ", min_size=1, max_size=8))
def test_git_agrees(repository: Path, pattern: str) -> None:
    assume(not pattern.startswith("!") and not re.search(r"\[!?\]?[^\]]*/", pattern))
    (repository / ".gitignore").write_text(pattern + "\n")
    process = subprocess.run(
        ["git", "check-ignore", "--no-index", "-z", "--stdin"],
        cwd=repository, input="\0".join(PATHS), capture_output=True, text=True, check=False,
    )  # fmt: skip
    ignored = slugignore.matcher(pattern + "\n")
    assert [path for path in PATHS if ignored(path)] == process.stdout.split("\0")[:-1]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ignore")
    subprocess.run(["git", "init", "-q", root], check=True)
    return root
