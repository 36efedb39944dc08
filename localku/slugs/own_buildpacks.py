"""localku's own buildpacks: where they stand, and which libraries two of them share.

What is shared stands once, in `buildpacks/lib`; a buildpack that leaves the repository or the wheel takes it along.
"""

from __future__ import annotations

import shutil
from fnmatch import fnmatchcase
from pathlib import Path

from localku import paths

OWN = {"heroku/nodejs": "nodejs", "localku/bower": "bower", "heroku/python": "python"}
"""References that mean localku's own buildpacks, in the order detection tries them."""

_INSTEAD_OF = {
    "heroku/heroku-buildpack-nodejs": "heroku/nodejs",
    "heroku/heroku-buildpack-python": "heroku/python",
    "*/heroku-buildpack-bower": "localku/bower",
}
"""Repositories whose work localku's own do where they cannot be reached; there are many copies of the one for Bower."""

SHARED = {"nodejs": ("nodekit", "handover"), "bower": ("nodekit", "handover"), "python": ("handover",)}
"""Packages of `buildpacks/lib` that a buildpack imports."""


def folder(reference: str) -> Path:
    """Where the buildpack of a reference in `OWN` stands."""
    return paths.data("buildpacks") / OWN[reference]


def instead_of(address: str) -> str | None:
    """The reference of our own that does what the buildpack of a git URL does, as far as localku knows."""
    plain = address.partition("#")[0].removesuffix("/").removesuffix(".git")
    path = "/".join(plain.split("/")[-2:])
    return next((ours for theirs, ours in _INSTEAD_OF.items() if fnmatchcase(path, theirs)), None)


def is_own(buildpack: Path) -> bool:
    """Whether the buildpack in this folder is one of our own, where it stands."""
    return buildpack.resolve().parent == paths.data("buildpacks").resolve()


def shared(buildpack: Path) -> tuple[Path, ...]:
    """Folders that belong into the `lib` of the buildpack in this folder; none unless it is one of our own."""
    if not is_own(buildpack):
        return ()
    ours = paths.data("buildpacks")
    return tuple(ours / "lib" / package for package in SHARED.get(buildpack.resolve().name, ()))


def export(name: str, target: Path) -> None:
    """Copy the buildpack `nodejs`, `bower` or `python` to a new folder, with all it needs; OSError if that exists."""
    source = paths.data("buildpacks") / name
    left_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source, target, ignore=left_out)
    for package in shared(source):
        shutil.copytree(package, target / "lib" / package.name, ignore=left_out)
