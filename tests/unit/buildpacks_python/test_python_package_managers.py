from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pybuild import package_managers
from pybuild.output import BuildpackError

Files = Callable[..., Path]


def refusal(folder: Path) -> str:
    with pytest.raises(BuildpackError) as caught:
        package_managers.choose(folder)
    return caught.value.text


@pytest.mark.parametrize(
    ("file", "manager"),
    [("requirements.txt", "pip"), ("Pipfile.lock", "pipenv"), ("poetry.lock", "poetry"), ("uv.lock", "uv")],
)
def test_one_file_one_manager(file: str, manager: str, files: Files) -> None:
    assert package_managers.choose(files(**{file: "", "setup.py": ""})) == manager


def test_several(files: Files) -> None:
    text = refusal(files(**{"uv.lock": "", "requirements.txt": "", "Pipfile": "", "Pipfile.lock": ""}))
    assert text.startswith("Error: Multiple Python package manager files were found.\n")
    assert "Pipfile.lock (Pipenv)\nrequirements.txt (pip)\nuv.lock (uv)\n" in text


def test_pipfile_alone(files: Files) -> None:
    assert refusal(files(**{"Pipfile": "", "requirements.txt": ""})).startswith("Error: No 'Pipfile.lock' found!\n")


def test_setup_py_alone(files: Files) -> None:
    text = refusal(files(**{"setup.py": ""}))
    assert text.startswith("Error: Implicit setup.py file support has been sunset.\n")


def test_none(files: Files) -> None:
    text = refusal(files(**{"Requirements.txt": "", "app/requirements.txt": ""}))
    assert text.startswith("Error: Couldn't find any supported Python package manager files.\n")
    assert "Requirements.txt\napp/\n" in text
