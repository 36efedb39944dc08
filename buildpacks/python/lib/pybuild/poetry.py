"""Poetry: poetry.lock."""

from __future__ import annotations

from pybuild import failure, offline, output, programs, venvs
from pybuild.package_managers import PINS
from pybuild.programs import Finished
from pybuild.session import Session, Tool


def prepare(session: Session) -> Tool:
    """Install Poetry into CACHE_DIR: only builds need it."""
    version = PINS["poetry"]
    root = session.build.cache / "python-poetry"
    if venvs.is_installed(root):
        output.step(f"Using cached Poetry {version}")
        venvs.adopt(session, root)
    else:
        output.step(f"Installing Poetry {version}")
        venvs.create(session, "poetry", f"poetry=={version}", root)
    variables = {"POETRY_VIRTUALENVS_CREATE": "false", "POETRY_VIRTUALENVS_USE_POETRY_PYTHON": "true"}
    return Tool(version, variables, (root / "bin",))


def install(session: Session) -> None:
    command = ["poetry", "sync", *([] if session.build.install_test else ["--only", "main"])]
    output.step(f"Installing dependencies using '{' '.join(command)}'")
    if session.unchanged:
        output.indented("poetry.lock unchanged since the last build.")
        return
    finished = _run(session, command)
    if not finished.ok:
        was_offline = session.build.offline or offline.unreachable(finished.log)
        lock = session.build.build_dir / "poetry.lock"
        missing = offline.missing_from_lock(lock, session.site_packages) if was_offline else ()
        raise failure.of("poetry", finished.log, was_offline=was_offline, missing=missing)


def _run(session: Session, command: list[str]) -> Finished:
    env = {**session.env, "POETRY_CACHE_DIR": str(session.build.downloads / "poetry")}
    return programs.stream(
        [*command, "--compile", "--no-ansi", "--no-interaction"],
        env=env,
        cwd=session.build.build_dir,
        rewrite=lambda line: None if "Skipping virtualenv creation" in line else line,
    )
