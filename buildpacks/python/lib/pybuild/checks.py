"""What must not be so before a build starts: a stack without support, somebody else's Python in the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pybuild.context import Build
from pybuild.output import BuildpackError

SUPPORTED_STACKS = ("heroku-22", "heroku-24", "heroku-26", "debian-14")
_ENDED = re.compile(r"cedar.*|heroku-(16|18|20)")
_MOST_LISTED = 40


def supported_stack(stack: str) -> None:
    if stack in SUPPORTED_STACKS:
        return
    names = ", ".join(SUPPORTED_STACKS)
    if _ENDED.fullmatch(stack):
        raise BuildpackError(
            "checks::stack::eol",
            f"Error: The '{stack}' stack is no longer supported.\n\n"
            f"Heroku has retired '{stack}', and this buildpack has no Python\n"
            f"for it. Set the app to one of these stacks: {names}.\n\n"
            "https://devcenter.heroku.com/articles/stack#stack-support-details",
            stack,
        )
    raise BuildpackError(
        "checks::stack::unknown",
        f"Error: The '{stack}' stack isn't recognised.\n\n"
        f"This buildpack builds on these stacks: {names}.\n"
        "Check the spelling of the app's stack.",
        stack,
    )


def single_python_buildpack(build: Build, environ: Mapping[str, str]) -> None:
    """Raise if this build ran the buildpack before: only its `export` file sets PYTHONHOME here."""
    if "PYTHONHOME" in environ and (build.tree / "bin" / "python").is_file():
        raise BuildpackError(
            "checks::duplicate-python-buildpack",
            "Error: The Python buildpack has already been run this build.\n\n"
            "A Python from earlier in this build lies in '.heroku/python/', so\n"
            "the app has the Python buildpack set twice. See its list with\n"
            "'buildpacks' and take one entry away with 'buildpacks:remove'.",
        )


def no_python_dir(build: Build) -> None:
    if not build.tree.exists() and not build.tree.is_symlink():
        return
    raise BuildpackError(
        "checks::existing-python-dir",
        "Error: Existing '.heroku/python/' directory found.\n\n"
        "The buildpack installs Python into '.heroku/python/', but your\n"
        "source has something there already:\n\n"
        f"{_tree_listing(build.build_dir, '.heroku/python')}\n\n"
        "If it is in your Git repository, delete it or give it another\n"
        "place. Otherwise a 'bin/pre_compile' hook or an earlier buildpack\n"
        "made it: have that write somewhere else.",
    )


def no_venv_dir(build: Build) -> None:
    for name in (".venv", "venv"):
        if (build.build_dir / name / "pyvenv.cfg").is_file():
            raise BuildpackError(
                "checks::existing-venv-dir",
                f"Error: Existing '{name}/' directory found.\n\n"
                f"'{name}/' in your source is a Python virtual environment:\n\n"
                f"{_tree_listing(build.build_dir, name)}\n\n"
                "A virtual environment holds paths and programs of the machine\n"
                "it was made on, so it can't work anywhere else.\n\n"
                "To leave it out of the source:\n"
                f"1. Take it out of Git: 'git rm --cached -r {name}/'.\n"
                f"2. Add a line '{name}/' to '.gitignore'.\n"
                "3. 'git add .gitignore', then 'git commit'.\n\n"
                "If a 'bin/pre_compile' hook or an earlier buildpack made it,\n"
                "have that make it somewhere else.",
                name,
            )


def _tree_listing(root: Path, name: str) -> str:
    """Return what lies in a folder, two levels deep, as `find -maxdepth 2` names it."""
    top = root / name
    found = [top, *top.glob("*"), *top.glob("*/*")]
    names = sorted(str(path.relative_to(root)) for path in found)
    more = [f"... and {len(names) - _MOST_LISTED} more"] if len(names) > _MOST_LISTED else []
    return "\n".join(names[:_MOST_LISTED] + more)
