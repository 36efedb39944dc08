from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pybuild import bootstrap, kept_pip, pip, trees
from pybuild.output import BuildpackError
from pybuild.programs import Finished
from pybuild.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from pybuild.context import Build

TIME = 1_000_000_000_123_456_789
"""In nanoseconds."""
PACKAGES = ("pip==26.2.1",)
RECORD = """\
../../../bin/pip,sha256=x,1
pip-26.2.1.dist-info/RECORD,,
pip/__init__.py,sha256=x,1
pip/__pycache__/__init__.cpython-313.pyc,,
"../../../../../outside",,
"""


@pytest.fixture
def session(build: Build) -> Session:
    fresh(build)
    return Session(build, build.tree, {"PATH": ""}, {}, restored=False, unchanged=False)


def fresh(build: Build) -> Path:
    trees.remove(build.tree)
    site = build.tree / "lib" / "python3.13" / "site-packages"
    site.mkdir(parents=True)
    (build.tree / "bin").mkdir()
    return site


def install(session: Session) -> dict[str, tuple[str, int, int]]:
    site = session.site_packages
    for name in ("pip-26.2.1.dist-info", "pip/__pycache__", "django-5.dist-info"):
        (site / name).mkdir(parents=True, exist_ok=True)
    (site / "pip-26.2.1.dist-info" / "RECORD").write_text(RECORD)
    (site / "pip" / "__init__.py").write_text("code")
    (site / "pip" / "__pycache__" / "__init__.cpython-313.pyc").write_text("bytecode")
    (session.home / "bin" / "pip").write_text("#!python")
    (session.home / "bin" / "pip").chmod(0o755)
    for number, file in enumerate(sorted(path for path in session.home.rglob("*") if path.is_file())):
        os.utime(file, ns=(TIME + number, TIME + number))
    return listing(session.home)


def listing(tree: Path) -> dict[str, tuple[str, int, int]]:
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    found = [(path, path.stat()) for path in files]
    return {str(path.relative_to(tree)): (path.read_text(), at.st_mode, at.st_mtime_ns) for path, at in found}


def test_a_new_tree_gets_the_files_that_were_installed_in_the_last(session: Session) -> None:
    installed = install(session)
    kept_pip.keep(session, PACKAGES)
    fresh(session.build)
    assert kept_pip.restore(session, PACKAGES)
    assert listing(session.home) == installed


def test_what_a_build_does_to_its_pip_does_not_change_the_kept_one(session: Session) -> None:
    installed = install(session)
    kept_pip.keep(session, PACKAGES)
    for _ in range(2):
        fresh(session.build)
        assert kept_pip.restore(session, PACKAGES)
        assert listing(session.home) == installed
        with (session.site_packages / "pip" / "__init__.py").open("a") as file:
            file.write(" of this build's own")


def test_the_kept_one_takes_less_room_than_the_installed_one(session: Session) -> None:
    install(session)
    code = session.site_packages / "pip" / "__init__.py"
    code.write_text("code\n" * 100_000)
    kept_pip.keep(session, PACKAGES)
    kept = [file for file in (session.build.cache / "python-pip").rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in kept) < code.stat().st_size / 2


def test_one_that_an_earlier_version_has_kept_as_a_folder_is_no_use(session: Session) -> None:
    install(session)
    kept_pip.keep(session, PACKAGES)
    folder = session.build.cache / "python-pip"
    (folder / "tree.tar.gz").unlink()
    (folder / "tree" / "bin").mkdir(parents=True)
    fresh(session.build)
    assert not kept_pip.restore(session, PACKAGES)
    assert listing(session.home) == {}
    installed = install(session)
    kept_pip.keep(session, PACKAGES)
    assert not (folder / "tree").exists()
    fresh(session.build)
    assert kept_pip.restore(session, PACKAGES)
    assert listing(session.home) == installed


@pytest.mark.parametrize("changed", ["version", "stack", "place", "series"])
def test_another_pip_or_another_python_gets_none_of_it(session: Session, changed: str) -> None:
    install(session)
    kept_pip.keep(session, PACKAGES)
    site = fresh(session.build)
    other = {
        "version": (session, ("pip==26.3",)),
        "stack": (replace(session, build=replace(session.build, stack="heroku-24")), PACKAGES),
        "place": (replace(session, home=session.build.app_dir / ".heroku" / "python"), PACKAGES),
        "series": (session, PACKAGES),
    }[changed]
    if changed == "series":
        site.parent.rename(site.parent.with_name("python3.14"))
    assert not kept_pip.restore(*other)


def test_pip_is_installed_once(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[tuple[str, ...]] = []

    def attempt(session: Session, packages: tuple[str, ...], _python: Path) -> Finished:
        runs.append(packages)
        install(session)
        return Finished(0, "")

    monkeypatch.setattr(bootstrap, "attempt", attempt)
    assert pip.prepare(session, "3.13").version == "26.2.1"
    fresh(session.build)
    assert pip.prepare(session, "3.13").version == "26.2.1"
    assert runs == [PACKAGES]


def test_a_damaged_one_fails_one_build(session: Session) -> None:
    install(session)
    kept_pip.keep(session, PACKAGES)
    (archive,) = session.build.cache.glob("python-pip/*.gz")
    archive.write_bytes(archive.read_bytes()[:100])
    with pytest.raises(BuildpackError, match="build again"):
        kept_pip.restore(session, PACKAGES)
    assert not kept_pip.is_there(session.build)
    assert not kept_pip.restore(session, PACKAGES)
