from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pybuild.context import Build

Files = Callable[..., Path]


def run(script: Path, *arguments: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [str(script), *map(str, arguments)]
    given = {"PATH": os.environ["PATH"], "LOCALKU_OFFLINE": "1", **env}
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


def compile_app(buildpack: Path, build: Build, **env: str) -> subprocess.CompletedProcess[str]:
    places = {"LOCALKU_PYTHON_HOME": str(build.prepared_dir), "LOCALKU_APP_DIR": str(build.app_dir)}
    folders = (build.build_dir, build.cache_dir, build.env_dir)
    return run(buildpack / "bin" / "compile", *folders, **{"STACK": "debian-14", **places, **env})


def test_detect(buildpack: Path, build: Build, files: Files) -> None:
    refused = run(buildpack / "bin" / "detect", build.build_dir)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(
        "\n\x1b[1;31m !     Error: Your app is configured to use the Python buildpack,\x1b[0m\n"
    )
    files(**{"requirements.txt": ""})
    accepted = run(buildpack / "bin" / "detect", build.build_dir)
    assert (accepted.returncode, accepted.stdout, accepted.stderr) == (0, "Python\n", "")


def pip(version: str) -> dict[str, str]:
    return {"requirements.txt": "", ".python-version": version}


@pytest.mark.parametrize("gone", ["$CACHE_DIR", "$CACHE_DIR/build-data"])
def test_a_hook_that_deletes_the_buildpacks_own_file(gone: str, buildpack: Path, build: Build, files: Files) -> None:
    files(**{"requirements.txt": "", "bin/pre_compile": f"#!/bin/sh\nrm -rf {gone}\n"})
    done = compile_app(buildpack, build)
    assert done.returncode == 1
    assert " !     Error: Can't find the buildpack's build data file." in done.stderr
    assert f" !     {build.cache_dir}/build-data/python.json" in done.stderr
    told = json.loads((build.cache_dir / "build-data" / "python.json").read_text())
    assert told["failure_reason"] == "build-data::data-file-deleted"


@pytest.mark.parametrize(
    ("contents", "stack", "first_line"),
    [
        ({"requirements.txt": ""}, "heroku-18", "The 'heroku-18' stack is no longer supported."),
        ({"main.py": ""}, "debian-14", "Couldn't find any supported Python package manager files."),
        ({"requirements.txt": "", "uv.lock": ""}, "debian-14", "Multiple Python package manager files were found."),
        (pip("3.9"), "debian-14", "The requested Python version has reached end-of-life."),
        (pip("3.13"), "debian-14", "The requested Python version isn't available."),
        ({"requirements.txt": "", "venv/pyvenv.cfg": ""}, "debian-14", "Existing 'venv/' directory found."),
        ({"bin/pre_compile": "#!/bin/sh\nfalse"}, "debian-14", "Failed to run the bin/pre_compile script."),
        ({"uv.lock": ""}, "heroku-24", "The requested Python version isn't available."),
    ],
)  # fmt: skip
def test_compile_errors(
    contents: dict[str, str], stack: str, first_line: str, buildpack: Path, build: Build, files: Files
) -> None:
    files(**contents)
    done = compile_app(buildpack, build, STACK=stack)
    assert done.returncode == 1
    assert f"\n\n\x1b[1;31m !     Error: {first_line}\x1b[0m\n" in f"\n{done.stderr}"
    assert done.stderr.endswith("\x1b[0m\n\n")
    assert "Traceback" not in done.stderr


def test_report_of_a_failed_build(buildpack: Path, build: Build, files: Files) -> None:
    arguments = (build.build_dir, build.cache_dir, build.env_dir)
    assert run(buildpack / "bin" / "report", *arguments).stdout == "{}\n"
    files(**{"uv.lock": "", ".python-version": "3.99"})
    compile_app(buildpack, build)
    facts = json.loads(run(buildpack / "bin" / "report", *arguments).stdout)
    assert facts["failure_reason"] == "python-version::unknown-major"
    assert facts["package_manager"] == "uv"
    assert facts["python_version_requested"] == "3.99"


def test_wrong_number_of_arguments(buildpack: Path, build: Build) -> None:
    done = run(buildpack / "bin" / "compile", build.build_dir)
    assert (done.returncode, done.stderr) == (2, "Usage: bin/compile BUILD_DIR CACHE_DIR ENV_DIR\n")


def test_release(buildpack: Path, build: Build, files: Files) -> None:
    script = buildpack / "bin" / "release"
    site = ".heroku/python/lib/python3.13/site-packages"
    assert run(script, build.build_dir).stdout == ""
    files(**{"manage.py": "", f"{site}/django/__init__.py": ""})
    assert run(script, build.build_dir).stdout == "", "no driver"
    files(**{f"{site}/psycopg/__init__.py": ""})
    assert run(script, build.build_dir).stdout == "", "a driver that upstream's bin/release does not know"
    files(**{f"{site}/psycopg2/__init__.py": ""})
    assert run(script, build.build_dir).stdout == "---\naddons:\n  - heroku-postgresql\n"
    (build.build_dir / "manage.py").unlink()
    assert run(script, build.build_dir).stdout == ""


def test_no_bytecode_is_left_in_the_buildpack(buildpack: Path, build: Build) -> None:
    run(buildpack / "bin" / "detect", build.build_dir)
    compile_app(buildpack, build)
    before = set(buildpack.rglob("*.pyc"))
    run(buildpack / "bin" / "report", build.build_dir, build.cache_dir, build.env_dir)
    assert set(buildpack.rglob("*.pyc")) == before


@pytest.mark.parametrize(
    ("contents", "output"),
    [
        ({"manage.py": "print('django')"}, "manage.py test"),
        ({"site/manage.py": "print('django')"}, "site/manage.py test"),
        ({"app.json": '{"environments": {"test": {"scripts": {"test": "echo $PYTHONPATH"}}}}'}, "echo"),
    ],
)  # fmt: skip
def test_bin_test(contents: dict[str, str], output: str, buildpack: Path, build: Build, files: Files) -> None:
    files(**contents)
    done = run(buildpack / "bin" / "test", build.build_dir)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("-----> No test-setup command provided. Skipping.\n-----> Running test command `")
    assert output in done.stdout
    assert done.stdout.splitlines()[2] == ("django" if output != "echo" else str(build.build_dir))


def test_bin_test_runs_pytest_where_it_is_installed(buildpack: Path, build: Build, files: Files) -> None:
    assert run(buildpack / "bin" / "test", build.build_dir).returncode == 1
    files(**{".heroku/python/bin/pytest": "#!/bin/sh\nexit 4\n"})
    (build.tree / "bin" / "pytest").chmod(0o755)
    done = run(buildpack / "bin" / "test", build.build_dir)
    assert done.returncode == 4
    assert done.stdout.endswith("-----> test command `pytest` failed with exit status 4\n")


@pytest.mark.parametrize("content", ["", "[]", '{"environments": {"test": []}}', '{"environments": {"test": {}}}'])
def test_bin_test_of_an_app_json_without_a_command(content: str, buildpack: Path, build: Build, files: Files) -> None:
    files(**{"app.json": content})
    done = run(buildpack / "bin" / "test", build.build_dir)
    assert (done.returncode, " !     Error: There is no test command." in done.stderr) == (1, True)
