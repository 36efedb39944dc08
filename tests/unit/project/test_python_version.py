from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localku.errors import LocalkuError
from localku.project import python_version
from localku.project.python_version import PythonVersion

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_order_is_herokus(tmp_path: Path) -> None:
    assert python_version.read(tmp_path) is None
    (tmp_path / "Pipfile.lock").write_text('{"_meta": {"requires": {"python_version": "3.11"}}}')
    assert python_version.read(tmp_path) == PythonVersion(3, 11, None, "Pipfile.lock")
    (tmp_path / ".python-version").write_text("# ours\n\n 3.12 \n")
    assert python_version.read(tmp_path) == PythonVersion(3, 12, None, ".python-version")
    (tmp_path / "runtime.txt").write_bytes(b"python-3.13.2\r\n")
    assert python_version.read(tmp_path) == PythonVersion(3, 13, 2, "runtime.txt")


def test_the_full_version_of_pipfile_lock_counts_first(tmp_path: Path) -> None:
    requires = '{"python_version": "3.11", "python_full_version": "3.11.4"}'
    (tmp_path / "Pipfile.lock").write_text(f'{{"_meta": {{"requires": {requires}}}}}')
    assert str(python_version.read(tmp_path)) == "3.11.4"


@pytest.mark.parametrize("lock", ["{}", '{"_meta": 1}', '{"_meta": {"requires": {}}}'])
def test_pipfile_lock_without_a_version(tmp_path: Path, lock: str) -> None:
    (tmp_path / "Pipfile.lock").write_text(lock)
    assert python_version.read(tmp_path) is None


@pytest.mark.parametrize("asked", ['"3"', "3.11", '"*"', '">=3.9"'])
def test_pipfile_lock_with_a_bad_version(tmp_path: Path, asked: str) -> None:
    (tmp_path / "Pipfile.lock").write_text(f'{{"_meta": {{"requires": {{"python_version": {asked}}}}}}}')
    with pytest.raises(LocalkuError, match="does not name a Python version") as caught:
        python_version.read(tmp_path)
    assert "pipenv lock" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    ["", "3.12", "Python-3.12", "python 3.12", "python-3", "python-3.12.1.1", "python-3.12 # x", "python-03.1",
     "python-3." + "9" * 5000, "python-3.12\npython-3.13", "python-\u0663.\u0661"],
)  # fmt: skip
def test_bad_runtime_txt(text: str) -> None:
    with pytest.raises(LocalkuError, match=r"runtime\.txt does not name a Python version") as caught:
        python_version.parse_runtime_txt(text)
    assert "`python-3.13`" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no Python version"),
        ("# 3.12\n", "holds no Python version"),
        ("# a\n3.12\n\n3.13\n", "holds 2 versions: 3.12, 3.13"),
        ("3.12\npypy3\n", "does not name a Python version: 'pypy3'"),
        ("3.12\u00a0", "does not name"),
        ("python-3.12", "does not name a Python version: 'python-3.12'"),
        ("3.12 # x", "does not name"),
        ("pypy3", "does not name"),
        ('"3.12"', "does not name"),
    ],
)
def test_bad_python_version_file(text: str, message: str) -> None:
    with pytest.raises(LocalkuError) as caught:
        python_version.parse_python_version(text)
    assert message in caught.value.message
    assert "3.13" in caught.value.hint


@pytest.mark.parametrize("text", ["# why\npython-3.13\n", "\n  # a\r\n\r\n python-3.13 \r\n# b"])
def test_runtime_txt_may_have_comments_on_lines_of_their_own(text: str) -> None:
    """As Heroku's buildpack reads it since v318: heroku-buildpack-python #318, #1958."""
    assert python_version.parse_runtime_txt(text) == PythonVersion(3, 13, None, "runtime.txt")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# why\npython-3.13  # pinned\n", "version: 'python-3.13  # pinned'"),
        ("python-3.12\npython-3.13\n", "version, but 2"),
        ("python-3.12\nruby\n", "version: 'ruby'"),
    ],
)
def test_the_line_at_fault_is_shown(text: str, found: str) -> None:
    with pytest.raises(LocalkuError) as caught:
        python_version.parse_runtime_txt(text)
    assert caught.value.message.endswith(found)


@pytest.mark.parametrize("parse", [python_version.parse_python_version, python_version.parse_runtime_txt])
def test_a_byte_order_mark_is_refused_as_the_buildpack_does(parse: Callable[[str], PythonVersion]) -> None:
    with pytest.raises(LocalkuError, match="byte order mark"):
        parse("\ufeff3.12\n")


def test_a_misspelled_file_is_told_unless_there_is_a_runtime_txt(tmp_path: Path) -> None:
    (tmp_path / ".python-version.txt").write_text("3.13\n")
    with pytest.raises(LocalkuError, match=r"misspelled: '\.python-version\.txt'") as caught:
        python_version.read(tmp_path)
    assert "git mv .python-version.txt .python-version" in caught.value.hint
    (tmp_path / "runtime.txt").write_text("python-3.12\n")
    assert str(python_version.read(tmp_path)) == "3.12"
