"""localku's own buildpacks, in the repository and out of it: what two of them share stands once."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from test_build_container import job

from localku import paths
from localku.slugs import accounts, chain, own_buildpacks
from localku.slugs.container import BuildContainer
from localku.slugs.values import Chain, Plan

if TYPE_CHECKING:
    from localku.clock import Clock
    from localku.engine.client import Engine

ROOT = Path(__file__).resolve().parents[3]
EXPORT = ROOT / "scripts" / "export-buildpack"
SHARING = sorted(own_buildpacks.SHARED)


def run(program: Path, *arguments: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def broken(folder: Path) -> Path:
    folder.mkdir()
    for name in ("package.json", "bower.json"):
        (folder / name).write_text("{,}")
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
        assert "Error: Unable to parse your" in compiled(buildpack, app)


def test_every_buildpack_can_be_exported(tmp_path: Path) -> None:
    for name in own_buildpacks.OWN.values():
        assert run(EXPORT, name, tmp_path / name).returncode == 0
        source = {file.name for file in (paths.data("buildpacks") / name / "bin").iterdir()}
        assert {file.name for file in (tmp_path / name / "bin").iterdir()} == source


def test_export_says_what_it_cannot_do(tmp_path: Path) -> None:
    assert "Usage: scripts/export-buildpack nodejs|bower|python FOLDER" in run(EXPORT, "ruby", tmp_path / "x").stderr
    there = run(EXPORT, "bower", tmp_path)
    assert (there.returncode, "exists already" in there.stderr) == (1, True)


@pytest.mark.parametrize(
    ("reference", "shares"), [("heroku/nodejs", True), ("localku/bower", True), ("heroku/python", False)]
)
def test_a_change_of_what_is_shared_changes_the_key_of_who_shares_it(
    reference: str, shares: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in own_buildpacks.OWN.values():
        own_buildpacks.export(name, tmp_path / name)
    (tmp_path / "lib" / "nodekit").mkdir(parents=True)
    monkeypatch.setattr(paths, "data", lambda _name: tmp_path)
    plan = Plan((reference,), auto=False, decided_by="app.json")
    before = chain.key(plan)
    (tmp_path / "lib" / "nodekit" / "registry.py").write_text("changed")
    assert (chain.key(plan) != before) is shares


def test_a_copy_elsewhere_is_taken_as_it_is(tmp_path: Path) -> None:
    own_buildpacks.export("bower", tmp_path / "bower")
    assert own_buildpacks.shared(tmp_path / "bower") == ()
    assert chain.locate("./bower", tmp_path, offline=True).shared == ()


class Engines:
    """Keeps the archives that are put into a container."""

    def __init__(self) -> None:
        self.containers = self
        self.put_in: list[object] = []

    def put(self, _container: str, _path: str, archive: object) -> None:
        self.put_in.append(archive)


def test_the_build_container_gets_a_buildpack_with_what_it_shares(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, tmp_path: Path
) -> None:
    monkeypatch.setattr(accounts, "of", lambda *_: {"passwd": "", "group": ""})
    bower = chain.locate("localku/bower", tmp_path, offline=True)
    engine = Engines()
    BuildContainer(cast("Engine", engine), job(chain=Chain((bower,), auto=False)), clock).feed(io.BytesIO())
    with tarfile.open(fileobj=io.BytesIO(cast("bytes", engine.put_in[0]))) as tar:
        tar.extraction_filter = lambda member, _path: member  # an argument of extractall from 3.11.4 on
        tar.extractall(tmp_path / "container")  # noqa: S202 - our own
    (placed,) = (tmp_path / "container/tmp/codon/tmp/buildpacks").glob("*/0")
    assert "Error: Unable to parse your bower.json" in compiled(placed, broken(tmp_path / "app"))
