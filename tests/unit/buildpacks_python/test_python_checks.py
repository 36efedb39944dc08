from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pybuild import checks
from pybuild.context import Build, from_arguments
from pybuild.output import BuildpackError

Files = Callable[..., Path]


@pytest.mark.parametrize("stack", ["heroku-22", "heroku-24", "heroku-26", "debian-14"])
def test_supported_stacks(stack: str) -> None:
    checks.supported_stack(stack)


@pytest.mark.parametrize("stack", ["cedar", "cedar-14", "heroku-16", "heroku-18", "heroku-20"])
def test_retired_stacks(stack: str) -> None:
    with pytest.raises(BuildpackError, match=rf"^Error: The '{stack}' stack is no longer supported\.\n"):
        checks.supported_stack(stack)


def test_unknown_stack() -> None:
    with pytest.raises(BuildpackError, match=r"^Error: The 'windows' stack isn't recognised\.\n"):
        checks.supported_stack("windows")


def test_no_stack(tmp_path: Path) -> None:
    with pytest.raises(BuildpackError, match="STACK"):
        from_arguments(["a", "b", "c"], {}, tmp_path)


def test_the_buildpack_twice(build: Build, files: Files) -> None:
    files(**{".heroku/python/bin/python": ""})
    checks.single_python_buildpack(build, {})
    with pytest.raises(BuildpackError, match=r"^Error: The Python buildpack has already been run this build\.\n"):
        checks.single_python_buildpack(build, {"PYTHONHOME": "/app/.heroku/python"})


def test_a_python_in_the_source(build: Build, files: Files) -> None:
    checks.no_python_dir(build)
    files(**{".heroku/python/bin/python": ""})
    with pytest.raises(BuildpackError, match=r"^Error: Existing '\.heroku/python/' directory found\.\n") as caught:
        checks.no_python_dir(build)
    assert ".heroku/python/bin/python" in caught.value.text


@pytest.mark.parametrize("name", ["venv", ".venv"])
def test_a_virtual_environment_in_the_source(name: str, build: Build, files: Files) -> None:
    (build.build_dir / name).mkdir()
    checks.no_venv_dir(build)
    files(**{f"{name}/pyvenv.cfg": ""})
    with pytest.raises(BuildpackError) as caught:
        checks.no_venv_dir(build)
    assert caught.value.text.startswith(f"Error: Existing '{name}/' directory found.\n")
    assert f"git rm --cached -r {name}/" in caught.value.text
