"""Which files `localku local` reads: those of the app's folder, and whatever the user names."""

from __future__ import annotations

from pathlib import Path

import pytest

from localku.local import environment, plan
from localku.project.app_files import LeadsOut


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An app whose files are all links to one outside."""
    root = tmp_path / "app"
    root.mkdir()
    (tmp_path / "private").write_text("export TOKEN=sekrit\n")
    (tmp_path / "procfile").write_text("web: run\n")
    (tmp_path / "package").write_text('{"scripts": {"start": "sekrit"}}')
    (root / ".env").symlink_to("../private")
    (root / "Procfile").symlink_to("../procfile")
    return root


def test_a_default_file_is_not_followed_out(root: Path) -> None:
    with pytest.raises(LeadsOut, match="Procfile leads by a link out of the app's folder"):
        plan.types(root, None, None)
    with pytest.raises(LeadsOut, match=r"\.env leads by a link out of the app's folder") as caught:
        environment.read(root, None)
    assert caught.value.hint.endswith("\nOr confirm it: -e .env")
    assert "sekrit" not in f"{caught.value!r}{caught.value.hint}"


def test_nor_is_package_json_in_place_of_a_procfile(root: Path) -> None:
    (root / "Procfile").unlink()
    (root / "package.json").symlink_to("../package")
    with pytest.raises(LeadsOut, match=r"package\.json leads"):
        plan.types(root, None, None)


@pytest.mark.parametrize("name", ["Procfile", "../procfile", "{root}/../procfile"])
def test_a_procfile_that_the_user_names_may_be_anywhere(root: Path, name: str) -> None:
    assert plan.types(root, name.format(root=root), None).commands == {"web": "run"}


@pytest.mark.parametrize("name", [".env", "../private", "{root}/../private"])
def test_an_env_file_that_the_user_names_may_be_anywhere(root: Path, name: str) -> None:
    assert environment.read(root, name.format(root=root)).values == {"TOKEN": "sekrit"}


def test_a_virtual_environment_called_env_is_only_warned_of(root: Path, tmp_path: Path) -> None:
    (root / ".env").unlink()
    (tmp_path / "venv").mkdir()
    (root / ".env").symlink_to("../venv")
    assert environment.read(root, None).warnings == (".env is not a file; ignored.",)
