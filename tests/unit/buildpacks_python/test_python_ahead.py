"""What is made of the first Python while other buildpacks work, and when it is used."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pybuild import ahead, bootstrap, cache, python_home
from pybuild.output import BuildpackError
from pybuild.programs import Finished
from pybuild.versions import exact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pybuild.context import Build
    from pybuild.session import Session

VERSION = exact("3.13.5")
OTHER = exact("3.13.6")
assert VERSION is not None
assert OTHER is not None


@pytest.fixture(autouse=True)
def app(build: Build, files: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """An app that wants pip and the stack's one Python, whose library is compiled."""
    lib = build.prepared_dir / str(VERSION) / "lib" / "python3.13"
    (lib / "__pycache__").mkdir(parents=True)
    (lib / "__pycache__" / "os.cpython-313.pyc").touch()
    (lib / "site-packages").mkdir()
    (build.prepared_dir / str(VERSION) / "bin").mkdir()
    (build.prepared_dir / str(VERSION) / "bin" / "python3").touch()
    files(**{"requirements.txt": "Django\n", ".python-version": "3.13\n"})
    monkeypatch.setattr(bootstrap, "attempt", installed)


def installed(session: Session, _packages: object, python: Path, *_: str) -> Finished:
    assert python.is_file()
    info = session.site_packages / "pip-26.2.1.dist-info"
    info.mkdir()
    (info / "RECORD").write_text("pip-26.2.1.dist-info/RECORD,,\n")
    return Finished(0, "")


def home(build: Build) -> Path:
    return python_home.link(build)


def test_the_build_gets_what_was_made_for_it(build: Build) -> None:
    ahead.make(build, {})
    assert not build.tree.exists()
    assert not os.path.lexists(build.app_dir / ".heroku" / "python"), "a hook before the turn finds none"
    assert ahead.take(build, "pip", VERSION, home(build))
    assert (build.tree / "bin" / "python").exists()
    assert (build.tree / "lib" / "python3.13" / "site-packages" / "pip-26.2.1.dist-info").is_dir()
    assert not ahead.folder(build).exists()


@pytest.mark.parametrize("what", ["manager", "version", "home", "stack"])
def test_what_was_made_for_something_else_is_thrown_away(build: Build, what: str) -> None:
    ahead.make(build, {})
    wanted = replace(build, stack="heroku-24") if what == "stack" else build
    manager = "uv" if what == "manager" else "pip"
    place = build.tree if what == "home" else home(build)
    assert not ahead.take(wanted, manager, OTHER if what == "version" else VERSION, place)
    assert not build.tree.exists()
    assert not ahead.folder(build).exists()


def test_a_tree_that_is_there_already_stays(build: Build) -> None:
    ahead.make(build, {})
    build.tree.mkdir(parents=True)
    assert not ahead.take(build, "pip", VERSION, home(build))
    assert not list(build.tree.iterdir())


def test_what_was_broken_off_is_no_python(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "attempt", lambda *_: Finished(1, "no network"))
    ahead.make(build, {})
    assert not ahead.take(build, "pip", VERSION, home(build))
    assert not ahead.folder(build).exists()


@pytest.mark.parametrize("there", ["cache", "pip", "tree"])
def test_where_an_earlier_build_has_left_something_nothing_is_made(build: Build, there: str) -> None:
    {"cache": cache.tree(build), "pip": build.cache / "python-pip", "tree": build.tree}[there].mkdir(parents=True)
    ahead.make(build, {})
    assert not ahead.folder(build).exists()


def test_a_python_without_bytecode_is_compiled_in_its_place(build: Build) -> None:
    (build.prepared_dir / str(VERSION) / "lib" / "python3.13" / "__pycache__" / "os.cpython-313.pyc").unlink()
    ahead.make(build, {})
    assert not ahead.folder(build).exists()


def test_other_managers_are_left_to_their_turn(build: Build) -> None:
    (build.build_dir / "requirements.txt").rename(build.build_dir / "uv.lock")
    ahead.make(build, {})
    assert not ahead.folder(build).exists()


def test_what_is_wrong_with_the_app_is_said_in_its_turn(build: Build) -> None:
    (build.build_dir / "requirements.txt").unlink()
    with pytest.raises(BuildpackError):
        ahead.make(build, {})
