"""localku's own buildpacks, in the repository and out of it: what two of them share stands once."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections import Counter
from pathlib import Path

import pytest
from test_build_container import job

from localku import paths
from localku.slugs import chain, own_buildpacks
from localku.slugs.building import furniture
from localku.slugs.values import Chain, Plan

ROOT = Path(__file__).resolve().parents[3]
EXPORT = ROOT / "scripts" / "export-buildpack"
SHARING = sorted(own_buildpacks.SHARED)
WRONG = {
    "nodejs": "Error: Unable to parse your package.json",
    "bower": "Error: Unable to parse your bower.json",
    "python": "The STACK env var isn't set",
}
"""What each says of a `broken` app, without any variable, when it has read all of its modules."""


def run(program: Path, *arguments: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def broken(folder: Path) -> Path:
    folder.mkdir()
    for name in ("package.json", "bower.json"):
        (folder / name).write_text("{,}")
    (folder / "requirements.txt").write_text("")
    return folder


def compiled(buildpack: Path, app: Path) -> str:
    done = run(buildpack / "bin" / "compile", app, app.parent / "cache", app.parent / "env")
    assert done.returncode == 1
    return done.stdout + done.stderr


def test_no_module_of_the_buildpacks_stands_twice() -> None:
    files = [file for file in paths.data("buildpacks").rglob("*.py") if "__pycache__" not in file.parts]
    assert [text for text, count in Counter(file.read_text() for file in files).items() if count > 1] == []


@pytest.mark.parametrize("name", SHARING)
def test_a_buildpack_works_from_the_repository_and_as_an_exported_copy(name: str, tmp_path: Path) -> None:
    app, copy = broken(tmp_path / "app"), tmp_path / "exported" / name
    assert run(EXPORT, name, copy).returncode == 0
    for buildpack in (paths.data("buildpacks") / name, copy):
        assert run(buildpack / "bin" / "detect", app).returncode == 0
        assert WRONG[name] in compiled(buildpack, app)


def test_every_buildpack_can_be_exported(tmp_path: Path) -> None:
    for name in own_buildpacks.OWN.values():
        assert run(EXPORT, name, tmp_path / name).returncode == 0
        source = {file.name for file in (paths.data("buildpacks") / name / "bin").iterdir()}
        assert {file.name for file in (tmp_path / name / "bin").iterdir()} == source


def test_export_says_what_it_cannot_do(tmp_path: Path) -> None:
    assert "Usage: scripts/export-buildpack nodejs|bower|python FOLDER" in run(EXPORT, "ruby", tmp_path / "x").stderr
    there = run(EXPORT, "bower", tmp_path)
    assert (there.returncode, "exists already" in there.stderr) == (1, True)


@pytest.mark.parametrize("package", ["nodekit", "handover"])
@pytest.mark.parametrize("reference", ["heroku/nodejs", "localku/bower", "heroku/python"])
def test_a_change_of_what_is_shared_changes_the_key_of_who_shares_it(
    reference: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in own_buildpacks.OWN.values():
        own_buildpacks.export(name, tmp_path / name)
    (tmp_path / "lib" / package).mkdir(parents=True)
    monkeypatch.setattr(paths, "data", lambda _name: tmp_path)
    plan = Plan((reference,), auto=False, decided_by="app.json")
    before = chain.key(plan)
    (tmp_path / "lib" / package / "module.py").write_text("changed")
    assert (chain.key(plan) != before) is (package == "handover" or reference != "heroku/python")


def test_a_copy_elsewhere_is_taken_as_it_is(tmp_path: Path) -> None:
    own_buildpacks.export("bower", tmp_path / "bower")
    assert own_buildpacks.shared(tmp_path / "bower") == ()
    assert chain.locate("./bower", tmp_path, offline=True).shared == ()


def test_the_build_container_gets_a_buildpack_with_what_it_shares(tmp_path: Path) -> None:
    bower = chain.locate("localku/bower", tmp_path, offline=True)
    archive = furniture.archive(job(chain=Chain((bower,), auto=False)), {"passwd": "", "group": ""})
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extraction_filter = lambda member, _path: member  # an argument of extractall from 3.11.4 on
        tar.extractall(tmp_path / "container")  # noqa: S202 - our own
    placed = tmp_path / "container/localku/buildpacks/0"
    assert "Error: Unable to parse your bower.json" in compiled(placed, broken(tmp_path / "app"))
