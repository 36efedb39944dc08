from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pybuild import bootstrap, kept_wheels, main, package_managers, wheelhouse
from pybuild.programs import Finished
from pybuild.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from pybuild.context import Build

PIP = "pip==26.2.1"
WHEEL = "pip-26.2.1-py3-none-any.whl"


class Pip:
    """Writes down what pip is asked to do; what it downloads is there afterwards."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.ran: list[tuple[str, str]] = []
        self.libraries: list[str] = []

    def __call__(self, command: list[object], *, env: dict[str, str], cwd: Path) -> Finished:
        python, _, verb, *arguments = map(str, command)
        self.ran.append((python, verb))
        self.libraries.append(env.get("LD_LIBRARY_PATH", ""))
        if self.fails:
            return Finished(1, "no network")
        if verb == "download":
            (cwd.__class__(arguments[arguments.index("--dest") + 1]) / WHEEL).touch()
        return Finished(0, "")


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> Pip:
    made = Pip()
    monkeypatch.setattr(bootstrap.programs, "quiet", made)
    return made


@pytest.fixture
def stack_python(build: Build) -> Path:
    return python_at(build.prepared_dir / "3.13.5")


@pytest.fixture
def session(build: Build) -> Session:
    python_at(build.tree)
    return Session(replace(build, offline=False), build.tree, {"PATH": ""}, {}, restored=False, unchanged=False)


def python_at(home: Path) -> Path:
    bundled = home / "lib" / "python3.13" / "ensurepip" / "_bundled"
    bundled.mkdir(parents=True)
    (bundled / "pip-25.1-py3-none-any.whl").touch()
    return home


def test_wheels_that_are_not_kept_are_fetched_at_once(session: Session, pip: Pip) -> None:
    assert bootstrap.attempt(session, [PIP], session.python).ok
    assert [verb for _, verb in pip.ran] == ["download", "install"]


def test_kept_wheels_are_not_fetched(session: Session, pip: Pip) -> None:
    session.build.wheelhouse.mkdir(parents=True)
    (session.build.wheelhouse / WHEEL).touch()
    assert bootstrap.attempt(session, [PIP], session.python).ok
    assert [verb for _, verb in pip.ran] == ["install"]


def test_the_stacks_python_fetches_them_while_the_builds_is_copied(
    session: Session, pip: Pip, stack_python: Path
) -> None:
    with bootstrap.fetched_meanwhile(session, (PIP,), stack_python):
        pass
    assert pip.ran == [(str(stack_python / "bin" / "python3"), "download")]
    assert pip.libraries[0].startswith(f"{stack_python}/lib")
    assert bootstrap.attempt(session, [PIP], session.python).ok
    assert [verb for _, verb in pip.ran] == ["download", "install"]


def test_where_that_fails_they_are_fetched_in_their_turn(session: Session, pip: Pip, stack_python: Path) -> None:
    pip.fails = True
    with bootstrap.fetched_meanwhile(session, (PIP,), stack_python):
        pass
    assert bootstrap.attempt(session, [PIP], session.python).log == "no network"
    assert [verb for _, verb in pip.ran] == ["download", "download"]


@pytest.mark.parametrize("why", ["restored", "offline", "kept", "no python"])
def test_nothing_is_fetched_that_is_not_needed_or_cannot_be(
    session: Session, pip: Pip, stack_python: Path, why: str
) -> None:
    if why == "kept":
        session.build.wheelhouse.mkdir(parents=True)
        (session.build.wheelhouse / WHEEL).touch()
    session = replace(session, restored=why == "restored", build=replace(session.build, offline=why == "offline"))
    with bootstrap.fetched_meanwhile(session, (PIP,), None if why == "no python" else stack_python):
        pass
    assert not pip.ran


def test_pip_comes_with_setuptools_where_heroku_adds_it() -> None:
    assert package_managers.packages("pip", "3.12") == (PIP, "setuptools==70.3.0")
    assert package_managers.packages("pip", "3.13") == (PIP,)
    assert package_managers.packages("uv", "3.12") == ("uv==0.12.5",)


@pytest.mark.parametrize(
    ("pin", "kept"),
    [("Foo.Bar==1.0", True), ("foo_bar==1.1", False), ("old==2.0", True), ("old==2", False), ("gone==1.0", False)],
)
def test_what_is_kept_is_read_off_the_names_of_files(tmp_path: Path, pin: str, kept: bool) -> None:
    (tmp_path / "foo_bar-1.0-py3-none-any.whl").touch()
    (tmp_path / "old-2.0.tar.gz").touch()
    assert kept_wheels.have(tmp_path, (pin,)) is kept


def test_wheels_are_kept_beside_the_rest_of_the_build_which_ends_only_then(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    built, steps = threading.Event(), list[str]()

    def keep(*_: object) -> None:
        built.wait(30)
        time.sleep(0.1)  # main would be over by now
        steps.append("kept")

    def build(*_: object) -> None:
        wheelhouse.keep_aside(session, wheelhouse.Source())
        steps.append("built")
        built.set()

    monkeypatch.setattr(wheelhouse, "keep", keep)
    monkeypatch.setattr(main.compiling, "run", build)
    monkeypatch.setenv("STACK", "debian-14")
    folders = [str(folder) for folder in (session.build.build_dir, session.build.cache_dir, session.build.env_dir)]
    assert main.main(folders, session.build.buildpack_dir) == 0
    assert steps == ["built", "kept"]
