"""Install a package manager with the pip that comes inside Python, and keep its wheels for later builds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pybuild import output, programs
from pybuild.output import BuildpackError
from pybuild.package_managers import label
from pybuild.programs import Finished
from pybuild.session import Session

QUIET = ("--disable-pip-version-check", "--no-input", "--quiet")


def bundled_wheels(session: Session) -> Path:
    """Return the folder with the wheels of ensurepip."""
    return session.site_packages.parent / "ensurepip" / "_bundled"


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
    finished = from_wheels(session, packages, python, *where)
    if finished.ok or session.build.offline:
        return finished
    session.build.wheelhouse.mkdir(parents=True, exist_ok=True)
    fetched = _pip(session, python, "download", "--dest", str(session.build.wheelhouse), *packages)
    return from_wheels(session, packages, python, *where) if fetched.ok else fetched


def from_wheels(
    session: Session, packages: Sequence[str], python: Path, *where: str, folder: Path | None = None
) -> Finished:
    """Install from `folder` (the wheels of earlier builds) without looking anywhere else."""
    source = ("--no-index", "--find-links", str(folder or session.build.wheelhouse), "--no-warn-script-location")
    return _pip(session, python, "install", *source, *where, *packages)


def _pip(session: Session, python: Path, command: str, *arguments: str) -> Finished:
    caching = ("--cache-dir", str(session.build.downloads / "pip"))
    # No pip settings of the user or the app may bend this step, but the host's certificates must reach it.
    env = {**session.env, "PIP_CONFIG_FILE": "/dev/null"}
    return programs.quiet(
        [python, bundled_pip(session), command, *QUIET, *caching, *arguments], env=env, cwd=session.build.build_dir
    )


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
