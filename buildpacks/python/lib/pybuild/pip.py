"""pip: requirements.txt."""

from __future__ import annotations

import re
from functools import partial

from pybuild import bootstrap, failure, installed, kept_pip, offline, output, package_managers, pip_program, programs
from pybuild.programs import Finished
from pybuild.session import Session, Tool

_SITE = re.compile(r" in \S*/\.heroku/python/lib/python[0-9.]+/site-packages")


def prepare(session: Session, series: str) -> Tool:
    """Install pip into the tree. Without network and without its wheel, Python's own pip has to do."""
    wanted = package_managers.packages("pip", series)
    output.step(f"Installing {' and '.join(pin.replace('==', ' ') for pin in wanted)}")
    if not (session.restored or session.has_pip):
        _install(session, wanted)
    version = installed.version_of(session.site_packages, "pip") or ""
    return Tool(version, {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}, at_run_time=True)


def install_itself(session: Session, wanted: tuple[str, ...]) -> bool:
    """Install `wanted` out of the cache, or fetch it and keep it there; False if neither is possible."""
    if kept_pip.restore(session, wanted):
        return True
    if not bootstrap.attempt(session, wanted, session.python).ok:
        return False
    kept_pip.keep(session, wanted)
    return True


def _install(session: Session, wanted: tuple[str, ...]) -> None:
    if install_itself(session, wanted):
        return
    wheels = sorted(bootstrap.bundled_wheels(session).glob("*.whl"))
    if not wheels:
        bootstrap.install(session, "pip", wanted, session.python)
        return
    names = " and ".join(" ".join(wheel.name.split("-")[:2]) for wheel in wheels)
    output.indented(f"Not in the cache, and can't be fetched: using {names} from inside Python.")
    packages = [wheel.name.split("-")[0] for wheel in wheels]
    bootstrap.from_wheels(session, packages, session.python, folder=bootstrap.bundled_wheels(session))


def install(session: Session) -> None:
    files = ["-r", "requirements.txt"]
    if session.build.install_test and (session.build.build_dir / "requirements-test.txt").is_file():
        files += ["-r", "requirements-test.txt"]
    output.step(f"Installing dependencies using 'pip install {' '.join(files)}'")
    if session.unchanged:
        output.indented("Requirements unchanged since the last build.")
        return
    finished, was_offline = offline.with_fallback(partial(_run, session, files), offline=session.build.offline)
    if not finished.ok:
        missing = offline.missing(finished.log) if was_offline else ()
        raise failure.of("pip", finished.log, was_offline=was_offline, missing=missing)
    if not was_offline:
        from pybuild import wheelhouse

        wheelhouse.keep_aside(session, wheelhouse.from_requirements(session))


def _run(session: Session, files: list[str], *, alone: bool) -> Finished:
    source = ["--no-index", "--find-links", str(session.build.wheelhouse)] if alone else []
    return programs.stream(
        [
            session.python,
            pip_program.module(session),
            "install",
            *files,
            *("--exists-action=w", "--no-input", "--progress-bar", "off"),
            *("--cache-dir", session.build.downloads / "pip"),
            *("--src", session.home / "src"),
            *source,
        ],
        env=pip_program.environment(session),
        cwd=session.build.build_dir,
        rewrite=lambda line: _SITE.sub("", line),
    )
