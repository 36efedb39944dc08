from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pybuild import detection

if TYPE_CHECKING:
    from pybuild.context import Build

Files = Callable[..., Path]


@pytest.mark.parametrize("name", detection.KNOWN_NAMES)
def test_each_known_file_makes_a_python_app(name: str, files: Files) -> None:
    assert detection.is_python_app(files(**{name: ""}))


@pytest.mark.parametrize("name", detection.KNOWN_FOLDERS)
def test_each_known_folder_makes_a_python_app(name: str, build: Build) -> None:
    (build.build_dir / name).mkdir()
    assert detection.is_python_app(build.build_dir)


def test_the_reference_list_is_whole() -> None:
    assert len(detection.KNOWN_NAMES) + len(detection.KNOWN_FOLDERS) == 26


def test_other_files_do_not(files: Files) -> None:
    assert not detection.is_python_app(files(**{"README.md": "", "package.json": "{}", "backend/app.py": ""}))


def test_the_error_lists_the_top_folder(files: Files) -> None:
    error = detection.undetected(files(**{"README.md": "", ".env": "", "backend/requirements.txt": ""}))
    assert error.text.startswith(
        "Error: Your app is configured to use the Python buildpack,\n"
        "but we couldn't find any supported Python project files.\n"
    )
    assert ".env\nREADME.md\nbackend/\n" in error.text
