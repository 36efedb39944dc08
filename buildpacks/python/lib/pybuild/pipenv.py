"""Pipenv: Pipfile.lock."""

from __future__ import annotations

from functools import partial

from pybuild import failure, offline, output, pip_program, programs, venvs
from pybuild.package_managers import PINS
from pybuild.programs import Finished
from pybuild.session import Session, Tool


def prepare(session: Session) -> Tool:
    """Install Pipenv into the slug, as Heroku does: a Procfile may say `pipenv run`."""
    version = PINS["pipenv"]
    root = session.home / "pipenv"
    if venvs.is_installed(root):
        output.step(f"Using cached Pipenv {version}")
    else:
        output.step(f"Installing Pipenv {version}")
        venvs.create(session, "pipenv", f"pipenv=={version}", root)
    variables = {"PIPENV_SYSTEM": "1", "PIPENV_VERBOSITY": "-1", "VIRTUAL_ENV": str(session.home)}
    return Tool(version, variables, (root / "bin",), at_run_time=True)


def install(session: Session) -> None:
    command = ["pipenv", "install", "--deploy", *(["--dev"] if session.build.install_test else [])]
    output.step(f"Installing dependencies using '{' '.join(command)}'")
    if session.unchanged:
        output.indented("Pipfile.lock unchanged since the last build.")
        return
    finished, was_offline = offline.with_fallback(partial(_run, session, command), offline=session.build.offline)
    if not finished.ok:
        missing = offline.missing(finished.log) if was_offline else ()
        raise failure.of("pipenv", finished.log, was_offline=was_offline, missing=missing)
    if not was_offline:
        from pybuild import wheelhouse

        wheelhouse.keep_aside(session, wheelhouse.Source(hashed=True))


def _run(session: Session, command: list[str], *, alone: bool) -> Finished:
    downloads = session.build.downloads
    env = {
        **pip_program.environment(session),
        "PIPENV_NOSPIN": "1",
        "PIPENV_CACHE_DIR": str(downloads / "pipenv"),
        "PIP_CACHE_DIR": str(downloads / "pip"),
        "PIP_SRC": str(session.home / "src"),
        **({"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(session.build.wheelhouse)} if alone else {}),
    }
    return programs.stream(command, env=env, cwd=session.build.build_dir)
