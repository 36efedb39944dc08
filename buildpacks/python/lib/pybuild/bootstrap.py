"""Install a package manager with the pip that comes inside Python, and keep its wheels for later builds."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pybuild import config_vars, kept_wheels, output, programs, python_home
from pybuild.output import BuildpackError
from pybuild.package_managers import label
from pybuild.programs import Finished
from pybuild.session import Session

QUIET = ("--disable-pip-version-check", "--no-input", "--quiet")


def bundled_wheels(session: Session) -> Path:
    """Return the folder with the wheels of ensurepip."""
    return _bundled(session.site_packages)


def _bundled(site_packages: Path) -> Path:
    return site_packages.parent / "ensurepip" / "_bundled"


def bundled_pip(session: Session) -> Path:
    """Return something Python can run as pip: Python's own, or else one of an earlier build."""
    for folder in (bundled_wheels(session), session.build.wheelhouse):
        wheels = sorted(folder.glob("pip-*.whl"))
        if wheels:
            return wheels[-1] / "pip"
    raise BuildpackError(
        "internal-error::bundled-pip-not-found",
        "Internal Error: Unable to locate the Python stdlib's bundled pip.\n\n"
        f"There is no pip-*.whl in:\n{bundled_wheels(session)}",
    )


def install(session: Session, manager: str, packages: Sequence[str], python: Path, *where: str) -> None:
    """Install `packages` (`uv==0.12.5`) into the environment of `python`, or raise BuildpackError."""
    finished = attempt(session, packages, python, *where)
    if finished.ok:
        return
    for line in finished.log.splitlines():
        output.indented(line)
    raise _failed(session, manager, packages)


def attempt(session: Session, packages: Sequence[str], python: Path, *where: str) -> Finished:
    """Install from the wheels of earlier builds; only if they don't do, fetch them first."""
    if session.build.offline or kept_wheels.have(session.build.wheelhouse, tuple(packages)):
        finished = from_wheels(session, packages, python, *where)
        if finished.ok or session.build.offline:
            return finished
    fetched = _fetch(session, packages, python, bundled_pip(session))
    return from_wheels(session, packages, python, *where) if fetched.ok else fetched


@contextmanager
def fetched_meanwhile(session: Session, packages: Sequence[str], home: Path | None) -> Iterator[None]:
    """Fetch the wheels of `packages` by the Python at `home`, which the build's is to be a copy of, in the meantime.

    Where that fails, `attempt` fetches them in its turn and says why it cannot.
    """
    build = session.build
    needed = home is not None and not (session.restored or build.offline)
    pips = sorted(_bundled(python_home.site_packages(home)).glob("pip-*.whl")) if needed and home else []
    if home is None or not pips or kept_wheels.have(build.wheelhouse, tuple(packages)):
        yield
        return
    there = replace(session, env=config_vars.base(build, home, session.env))
    arguments = (there, packages, home / "bin" / "python3", pips[-1] / "pip")
    thread = threading.Thread(target=_fetch, args=arguments, name="wheels")
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _fetch(session: Session, packages: Sequence[str], python: Path, pip: Path) -> Finished:
    wheelhouse = session.build.wheelhouse
    wheelhouse.mkdir(parents=True, exist_ok=True)
    return _pip(session, python, pip, "download", "--dest", str(wheelhouse), *packages)


def from_wheels(
    session: Session, packages: Sequence[str], python: Path, *where: str, folder: Path | None = None
) -> Finished:
    """Install from `folder` (the wheels of earlier builds) without looking anywhere else."""
    source = ("--no-index", "--find-links", str(folder or session.build.wheelhouse), "--no-warn-script-location")
    return _pip(session, python, bundled_pip(session), "install", *source, *where, *packages)


def _pip(session: Session, python: Path, pip: Path, command: str, *arguments: str) -> Finished:
    caching = ("--cache-dir", str(session.build.downloads / "pip"))
    # No pip settings of the user or the app may bend this step, but the host's certificates must reach it.
    env = {**session.env, "PIP_CONFIG_FILE": "/dev/null"}
    return programs.quiet([python, pip, command, *QUIET, *caching, *arguments], env=env, cwd=session.build.build_dir)


def _failed(session: Session, manager: str, packages: Sequence[str]) -> BuildpackError:
    name = label(manager)
    cause = (
        f"This build runs without network, and {packages[0]} is not in the\n"
        "app's build cache. Build once with network: from then on it is."
        if session.build.offline
        else "Often the connection to the Python Package Index was the cause:\n"
        "build again. If that doesn't help, see https://status.python.org"
    )
    return BuildpackError(
        f"install-package-manager::{manager}", f"Error: Unable to install {name}.\n\n{cause}", packages[0]
    )
