from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pybuild import collectstatic, hooks, nltk
from pybuild.output import BuildpackError
from pybuild.session import Session

if TYPE_CHECKING:
    from pybuild.context import Build

Files = Callable[..., Path]


@pytest.fixture
def session(build: Build) -> Session:
    """A Python in place, with Django: the python of this test run stands for it."""
    site = build.tree / "lib" / "python3.13" / "site-packages"
    (site / "django").mkdir(parents=True)
    (build.tree / "bin").mkdir()
    (build.tree / "bin" / "python").symlink_to(sys.executable)
    env = {"PATH": "/usr/bin:/bin"}
    return Session(build, build.tree, env, {}, restored=False, unchanged=False)


def test_it_runs_and_is_indented(session: Session, files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    files(**{"manage.py": "import os, sys\nprint(sys.argv[1:], os.environ['PYTHONPATH'], os.environ['COLOUR'])"})
    assert collectstatic.run(replace(session, config={"COLOUR": "red", "PATH": "/nowhere"})) == "enabled"
    assert capsys.readouterr().out == (
        "-----> $ python manage.py collectstatic --noinput\n"
        "       ['collectstatic', '--noinput', '--traceback'] . red\n"
        "\n"
    )


def test_failure(session: Session, files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    files(**{"backend/manage.py": "import os\nos.environ['TOKEN']"})
    with pytest.raises(BuildpackError) as caught:
        collectstatic.run(replace(session, config={"DEBUG_COLLECTSTATIC": "1"}))
    assert caught.value.reason == "collectstatic-other"
    out, err = capsys.readouterr()
    assert "       KeyError: 'TOKEN'\n" in out
    assert "****** Collectstatic environment variables:\n\n" in out
    assert "       DEBUG_COLLECTSTATIC=1\n" in out
    assert " !     Error: Unable to generate Django static files.\x1b[0m\n" in err
    assert "config:set TOKEN=" in err
    assert "config:set DISABLE_COLLECTSTATIC=1" in err


@pytest.mark.parametrize(
    ("value", "result"), [("1", "disabled-env-var"), ("true", "disabled-env-var"), ("0", "enabled"), ("", "enabled")]
)
def test_disable_collectstatic(value: str, result: str, session: Session, files: Files) -> None:
    files(**{"manage.py": ""})
    assert collectstatic.run(replace(session, config={"DISABLE_COLLECTSTATIC": value})) == result


def test_skips(session: Session, files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert collectstatic.run(session) == "skipped-no-manage-py"
    files(**{".heroku/collectstatic_disabled": ""})
    assert collectstatic.run(session) == "disabled-file"
    out, err = capsys.readouterr()
    assert out == (
        "-----> Skipping Django collectstatic since no manage.py file found.\n"
        "-----> Skipping Django collectstatic since the file '.heroku/collectstatic_disabled' exists.\n"
    )
    assert "Warning: The .heroku/collectstatic_disabled file is deprecated." in err


def test_no_django_no_word(session: Session, files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    files(**{"manage.py": ""})
    (session.site_packages / "django").rmdir()
    assert collectstatic.run(session) == "no-django"
    assert capsys.readouterr().out == ""


def test_the_nearest_manage_py(files: Files) -> None:
    folder = files(**{"a/b/c/manage.py": ""})
    assert collectstatic.find_manage_py(folder) is None
    files(**{"z/y/manage.py": ""})
    assert collectstatic.find_manage_py(folder) == "z/y/manage.py"
    files(**{"z/manage.py": "", "b/manage.py": ""})
    assert collectstatic.find_manage_py(folder) == "b/manage.py"


def test_hooks(build: Build, files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    env = {"PATH": "/usr/bin:/bin", "NAME": "value"}
    assert not hooks.run("pre_compile", build.build_dir, env)
    files(**{"bin/pre_compile": '#!/bin/sh\necho "$NAME $PWD" >&2\n'})
    assert hooks.run("pre_compile", build.build_dir, env)
    assert capsys.readouterr().out == f"-----> Running bin/pre_compile hook\n       value {build.build_dir}\n"


@pytest.mark.parametrize("content", ["#!/bin/sh\nexit 3\n", "#!/bin/sh\r\ntrue\r\n", "no interpreter"])
def test_a_hook_that_fails(content: str, build: Build, files: Files) -> None:
    (files(**{"bin/x": ""}) / "bin" / "post_compile").write_bytes(content.encode())
    with pytest.raises(BuildpackError, match=r"^Error: Failed to run the bin/post_compile script\.\n"):
        hooks.run("post_compile", build.build_dir, {"PATH": "/usr/bin:/bin"})


def test_nltk(session: Session, files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert nltk.download(session) == {}
    (session.site_packages / "nltk").mkdir()
    assert nltk.download(session) == {}
    assert capsys.readouterr().out == (
        "-----> Downloading NLTK corpora...\n       'nltk.txt' not found, not downloading any corpora\n"
    )
    files(**{"nltk.txt": "punkt\n", "nltk/__init__.py": "", "nltk/downloader.py": "import sys; print(sys.argv[1:])"})
    data = session.build.tree / "nltk_data"
    assert nltk.download(session) == {"NLTK_DATA": f"{session.build.app_dir}/.heroku/python/nltk_data"}
    assert capsys.readouterr().out.splitlines()[1:] == [
        "-----> Downloading NLTK packages: punkt",
        f"       ['-d', '{data}', 'punkt']",
    ]
    files(**{"nltk/downloader.py": "raise SystemExit(1)"})
    with pytest.raises(BuildpackError, match=r"^Error: Unable to download NLTK data\.\n"):
        nltk.download(session)
