"""Which package manager installs the app's dependencies: the one whose file the source has."""

from __future__ import annotations

from pathlib import Path

from pybuild.detection import MISSING_FILE_HELP, listing
from pybuild.output import BuildpackError

FILES = {
    "pipenv": ("Pipfile.lock", "Pipenv"),
    "pip": ("requirements.txt", "pip"),
    "poetry": ("poetry.lock", "Poetry"),
    "uv": ("uv.lock", "uv"),
}
"""Package manager -> the file that asks for it and the name people know it by."""

PINS = {"pip": "26.2.1", "pipenv": "2026.7.1", "poetry": "2.4.1", "uv": "0.12.5"}
"""Versions Heroku installs: heroku-buildpack-python v351, requirements/*.txt."""

SETUPTOOLS = "70.3.0"
"""Installed beside pip for Python 3.10 to 3.12 only: the same, lib/pip.sh."""


_WITH_SETUPTOOLS = frozenset(("3.10", "3.11", "3.12"))


def packages(manager: str, series: str) -> tuple[str, ...]:
    """Return what is installed for `manager` itself, as pip asks for it: `pip==26.2.1`."""
    setuptools = (f"setuptools=={SETUPTOOLS}",) if manager == "pip" and series in _WITH_SETUPTOOLS else ()
    return (f"{manager}=={PINS[manager]}", *setuptools)


def label(manager: str) -> str:
    return FILES[manager][1]


def choose(build_dir: Path) -> str:
    """Return pip, pipenv, poetry or uv; raise BuildpackError unless exactly one is asked for."""
    if (build_dir / "Pipfile").is_file() and not (build_dir / "Pipfile.lock").is_file():
        raise _pipfile_without_lock()
    found = [name for name, (file, _) in FILES.items() if (build_dir / file).is_file()]
    if len(found) == 1:
        return found[0]
    if found:
        raise _several(found)
    if (build_dir / "setup.py").is_file():
        raise _setup_py_only()
    raise _none(build_dir)


def _pipfile_without_lock() -> BuildpackError:
    return BuildpackError(
        "package-manager::pipenv-missing-lockfile",
        "Error: No 'Pipfile.lock' found!\n\n"
        "There is a 'Pipfile' but no 'Pipfile.lock' beside it, so nothing\n"
        "says which versions of your dependencies to install.\n\n"
        "Run 'pipenv lock', commit 'Pipfile.lock' and see that neither\n"
        "'.gitignore' nor '.slugignore' names it.\n\n"
        "If you don't use Pipenv any more, delete the 'Pipfile' and add a\n"
        "'requirements.txt', 'poetry.lock' or 'uv.lock'.",
    )


def _several(found: list[str]) -> BuildpackError:
    files = "\n".join(f"{FILES[name][0]} ({label(name)})" for name in found)
    return BuildpackError(
        "package-manager::multiple-found",
        "Error: Multiple Python package manager files were found.\n\n"
        "Each of these files asks for another package manager:\n\n"
        f"{files}\n\n"
        "Decide which one your app uses and delete the others. A buildpack\n"
        "that writes a 'requirements.txt' from a lock file isn't needed any\n"
        "more: remove it from the app.",
        ",".join(found),
    )


def _setup_py_only() -> BuildpackError:
    return BuildpackError(
        "package-manager::setup-py-only",
        "Error: Implicit setup.py file support has been sunset.\n\n"
        "Your app has a 'setup.py' but no package manager file, and Heroku\n"
        "no longer guesses how to install it.\n\n"
        "To go on as before, add a 'requirements.txt' that contains just:\n"
        "--editable .",
    )


def _none(build_dir: Path) -> BuildpackError:
    return BuildpackError(
        "package-manager::none-found",
        "Error: Couldn't find any supported Python package manager files.\n\n"
        + MISSING_FILE_HELP.format(listing=listing(build_dir)),
    )
