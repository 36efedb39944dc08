"""The Python of an app's first build, with its pip, made in CACHE_DIR while other buildpacks still work.

    CACHE_DIR/.heroku/python-ahead/           a build folder of its own
    CACHE_DIR/.heroku/python-ahead/made-for   what the tree in it is made for, once that is whole

It is made by the steps that bin/compile would take, and moved from there if that decides the same.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pybuild import (
    available,
    bootstrap,
    cache,
    config_vars,
    kept_pip,
    package_managers,
    pip,
    prefix,
    python_home,
    requested,
    resolve,
    trees,
)
from pybuild.context import Build
from pybuild.session import Session
from pybuild.versions import Version

_MARK = "made-for"


def make(build: Build, environ: Mapping[str, str] = os.environ) -> None:
    """Make it, where nothing of an earlier build will do and Python only needs copying. Raises what its steps raise."""
    trees.remove(folder(build))
    if cache.tree(build).is_dir() or kept_pip.is_there(build) or os.path.lexists(build.tree):
        return
    if package_managers.choose(build.build_dir) != "pip":
        return
    choice = available.find(build, set(available.in_folder(prefix.kept_dir(build))))
    request = requested.read(build.build_dir, "pip", None, choice)
    version = resolve.resolve(request, choice)
    original = prefix.source(build, version, choice)
    if not prefix.is_compiled(original):
        return
    there = replace(build, build_dir=folder(build))
    there.build_dir.mkdir(parents=True)
    home = python_home.link(there)
    if home == there.tree:
        return
    try:
        session = Session(there, home, config_vars.base(there, home, environ), {}, restored=False, unchanged=False)
        packages = package_managers.packages("pip", version.series)
        with bootstrap.fetched_meanwhile(session, packages, original):
            prefix.install(there, request, version, choice, dict(session.env))
        if pip.install_itself(session, packages):
            (there.build_dir / _MARK).write_text(_wanted(build, version, home))
    finally:
        home.unlink()  # until its turn nobody finds a Python there


def take(build: Build, manager: str, version: Version, home: Path) -> bool:
    """Move it into the build, if it is what the build needs; False, and nothing left of it, if it is not."""
    there = folder(build)
    mark = there / _MARK
    right = manager == "pip" and mark.is_file() and mark.read_text() == _wanted(build, version, home)
    if right and not os.path.lexists(build.tree):
        build.tree.parent.mkdir(parents=True, exist_ok=True)
        replace(build, build_dir=there).tree.rename(build.tree)
    else:
        right = False
    trees.remove(there)
    return right


def folder(build: Build) -> Path:
    return build.cache / "python-ahead"


def _wanted(build: Build, version: Version, home: Path) -> str:
    return "\n".join([build.stack, str(version), str(home), *package_managers.packages("pip", version.series)])
