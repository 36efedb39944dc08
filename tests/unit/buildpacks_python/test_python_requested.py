from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pybuild import requested
from pybuild.available import Available
from pybuild.output import BuildpackError
from pybuild.versions import Request, Version

from localku.project import python_version

if TYPE_CHECKING:
    from pybuild.context import Build

Files = Callable[..., Path]
Having = Callable[..., Available]


def read(folder: Path, having: Having, manager: str = "pip", last: Version | None = None) -> Request:
    return requested.read(folder, manager, last, having("3.13.5", "3.14.0"))


def refusal(folder: Path, having: Having, manager: str = "pip") -> BuildpackError:
    with pytest.raises(BuildpackError) as caught:
        read(folder, having, manager)
    return caught.value


def first_line(error: BuildpackError) -> str:
    return error.text.partition("\n")[0]


LOCK = json.dumps({"_meta": {"requires": {"python_version": "3.12"}}})


def test_runtime_txt_comes_before_all(files: Files, having: Having) -> None:
    folder = files(**{"runtime.txt": "python-3.11", ".python-version": "3.13", "Pipfile.lock": LOCK})
    assert read(folder, having, "pipenv") == Request("3.11", "runtime.txt")


def test_then_python_version_then_pipfile_lock(files: Files, having: Having) -> None:
    folder = files(**{".python-version": "3.13", "Pipfile.lock": LOCK})
    assert read(folder, having, "pipenv") == Request("3.13", ".python-version")
    (folder / ".python-version").unlink()
    assert read(folder, having, "pipenv") == Request("3.12", "Pipfile.lock")
    assert read(folder, having, "pip") == Request("3.14", "default"), "another manager's file does not count"


def test_then_the_last_build_then_the_default(files: Files, having: Having) -> None:
    folder = files(**{"requirements.txt": ""})
    assert read(folder, having, last=Version(3, 12, 3)) == Request("3.12", "cached")
    assert read(folder, having) == Request("3.14", "default")


def test_the_default_is_the_newest_at_hand_where_3_14_is_not(files: Files, having: Having) -> None:
    folder = files()
    assert requested.read(folder, "pip", None, having("3.11.2", "3.13.5")) == Request("3.13", "default")
    assert requested.read(folder, "pip", None, having()) == Request("3.14", "default")
    assert requested.read(folder, "pip", None, having("3.13.5", downloadable=True)) == Request("3.14", "default")


@pytest.mark.parametrize("content", ["3.13", " 3.13 \r\n", "# comment\n\n3.13\n", "\t3.13"])
def test_python_version_may_have_space_and_comments(content: str, files: Files, having: Having) -> None:
    assert read(files(**{".python-version": content}), having).text == "3.13"


@pytest.mark.parametrize(
    "content", ["python-3.13", "3.x", "'3.13'", "3", "3.13.*", ">=3.13", "3.013", "3.13 # why", "pypy3.10"]
)
def test_malformed_python_version(content: str, files: Files, having: Having) -> None:
    error = refusal(files(**{".python-version": content}), having)
    assert first_line(error) == "Error: Invalid Python version in .python-version."
    assert content in error.text
    assert "3.13.5, 3.14.0" in error.text


def test_an_invisible_character_is_shown(files: Files, having: Having) -> None:
    for character in ("\N{ZERO WIDTH SPACE}", "\N{NO-BREAK SPACE}"):
        error = refusal(files(**{".python-version": f"3.13{character}"}), having)
        assert "3.13\N{REPLACEMENT CHARACTER}\n" in error.text


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"\xef\xbb\xbf3.13", "UTF-8 (with BOM)"), ("3.13".encode("utf-16"), "UTF-16, little-endian")],
)
def test_wrong_encoding(data: bytes, name: str, build: Build, having: Having) -> None:
    (build.build_dir / ".python-version").write_bytes(data)
    error = refusal(build.build_dir, having)
    assert first_line(error) == "Error: Unable to read .python-version."
    assert name in error.text


def test_empty_and_several(files: Files, having: Having) -> None:
    empty = refusal(files(**{".python-version": "# 3.13\n"}), having)
    assert first_line(empty) == "Error: No Python version found in .python-version."
    several = refusal(files(**{".python-version": "3.12\n3.13\n"}), having)
    assert first_line(several) == "Error: Multiple Python versions found in .python-version."
    assert "3.12\n3.13\n" in several.text


@pytest.mark.parametrize("name", requested.MISSPELLED)
def test_misspelled_file(name: str, build: Build, having: Having) -> None:
    (build.build_dir / name).write_text("3.13")
    error = refusal(build.build_dir, having)
    assert first_line(error) == "Error: Your .python-version file is spelled incorrectly."
    assert f"'{name}'" in error.text


@pytest.mark.parametrize("content", ["3.13", "python-3", "Python-3.13", "python 3.13", "", "python-3.13\npython-3.12"])
def test_malformed_runtime_txt(content: str, files: Files, having: Having) -> None:
    error = refusal(files(**{"runtime.txt": content}), having)
    assert first_line(error) == "Error: Invalid Python version in runtime.txt."
    assert "Delete runtime.txt" in error.text


def test_runtime_txt_may_have_comments_on_lines_of_their_own(files: Files, having: Having) -> None:
    assert read(files(**{"runtime.txt": "# why\n\npython-3.13\n"}), having) == Request("3.13", "runtime.txt")
    error = refusal(files(**{"runtime.txt": "python-3.13  # why\n"}), having)
    assert first_line(error) == "Error: Invalid Python version in runtime.txt."


def test_runtime_txt_with_a_patch_version(files: Files, having: Having) -> None:
    assert read(files(**{"runtime.txt": "python-3.13.2\n"}), having) == Request("3.13.2", "runtime.txt")


def test_pipfile_lock_full_version_wins(files: Files, having: Having) -> None:
    lock = json.dumps({"_meta": {"requires": {"python_version": "3.12", "python_full_version": "3.12.1"}}})
    assert read(files(**{"Pipfile.lock": lock}), having, "pipenv").text == "3.12.1"


def test_pipfile_lock_without_version(files: Files, having: Having) -> None:
    assert read(files(**{"Pipfile.lock": "{}"}), having, "pipenv").origin == "default"


def test_pipfile_lock_with_a_bad_version(files: Files, having: Having) -> None:
    lock = json.dumps({"_meta": {"requires": {"python_version": "*"}}})
    error = refusal(files(**{"Pipfile.lock": lock}), having, "pipenv")
    assert first_line(error) == "Error: Invalid Python version in Pipfile.lock."


@pytest.mark.parametrize("content", ["{", "[]", "<<<<<<< HEAD"])
def test_pipfile_lock_that_is_no_json(content: str, files: Files, having: Having) -> None:
    error = refusal(files(**{"Pipfile.lock": content}), having, "pipenv")
    assert first_line(error) == "Error: Can't parse Pipfile.lock."


def test_localku_knows_the_same_misspelled_names() -> None:
    assert python_version.MISSPELLED == requested.MISSPELLED
