"""What `./check` runs: one session per question. `nox -s unit` in an environment with the dev group runs one."""

from __future__ import annotations

from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "none"
"""The sessions use the tools of the environment they are started in: no second installation, so they start at once."""

ROOT = Path(__file__).parent
CONFORMANCE = "tests/conformance"


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: the rules of pyproject.toml, and the formatter's opinion."""
    session.run("ruff", "check", *session.posargs, ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict: localku, and each buildpack's library as it sees itself."""
    session.run("mypy", *session.posargs)
    shared = ROOT / "buildpacks" / "lib"
    for library in (shared, *sorted(ROOT.glob("buildpacks/*/lib"))):
        packages = sorted(folder.name for folder in library.iterdir() if (folder / "__init__.py").is_file())
        named = [argument for package in packages for argument in ("--package", package)]
        session.run("mypy", *named, env={"MYPYPATH": f"{library}:{shared}"})


@nox.session
def contract(session: nox.Session) -> None:
    """Imports point down the list of docs/architecture.md."""
    session.run("lint-imports")


@nox.session
def unit(session: nox.Session) -> None:
    """Tests that need no engine, in as many processes as there are cores."""
    session.run("pytest", "tests/unit", "--numprocesses=auto", "--dist=worksteal", *session.posargs)


@nox.session
def integration(session: nox.Session) -> None:
    """Tests with a real engine, and those that hold localku to somebody else's expectations.

    Two files at a time: they wait more than they compute. The many short ones are the last, so that both end together.
    """
    by_file = ("--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder")
    session.run("pytest", "tests/integration", CONFORMANCE, *by_file, *session.posargs)


@nox.session(default=False)
def real_limits(session: nox.Session) -> None:
    """The conformance tests with Heroku's time limits unscaled; slow, so only when it is named."""
    session.run("pytest", CONFORMANCE, "--real-limits", *session.posargs)


@nox.session(default=False)
def cli(session: nox.Session) -> None:
    """Every command of scripts/heroku-cli-walk.txt, by Heroku's own CLI; `-- --write FILE` makes the table of docs/."""
    session.run("python", "scripts/walk_heroku_cli.py", *session.posargs)


@nox.session(default=False)
def upstream(session: nox.Session) -> None:
    """Heroku's own buildpack suites, from the checkouts that UPSTREAM_PYTHON and UPSTREAM_NODEJS name."""
    session.run("python", "scripts/upstream", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel, look into it, and run it in a fresh virtualenv."""
    session.run("python", "scripts/check_wheel.py")
