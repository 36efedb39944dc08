"""The copy of the installed Python that CACHE_DIR keeps, made while collectstatic and hooks still run.

Its files are those of the tree by other names, so that what is written into one is in both. What comes and goes shows
in its folder's change time, and then a new copy is made at the end.
"""

from __future__ import annotations

import os
import subprocess
import threading
from typing import TYPE_CHECKING

from handover import spares

from pybuild import cache, trees
from pybuild.context import TREE, Build

if TYPE_CHECKING:
    from typing import Self

_INSTALLED = "installed"
"""Announced until the tree has its record: no build asks for a tree of that name."""


class Saving:
    """One build's copy, in a place of its own until `trees.put`; a build that ends without that leaves none."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._began: int | None = None
        self._is_whole = False
        self._worker = threading.Thread(target=self._copy, name="saving")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._began is not None:
            self._worker.join()
            trees.remove(trees.new(cache.tree(self._build)))

    def begin(self) -> None:
        """Nothing is to be installed any more."""
        self._began = spares.mark(self._build.build_dir)
        if self._began is not None:
            self._worker.start()

    def end(self) -> bool:
        """Wait for the copy; tell if it is there, and no file has come to the tree or gone from it since."""
        if self._began is None:
            return False
        self._worker.join()
        return self._is_whole and spares.untouched(self._build.tree, self._began, "-type", "d")

    def _copy(self) -> None:
        build = self._build
        try:
            target = trees.new(cache.tree(build))
            target.parent.mkdir(parents=True, exist_ok=True)
            trees.remove(target)
            self._is_whole = trees.linked(build.tree, target)
        except (OSError, subprocess.CalledProcessError):
            return  # what is missing is copied at the end, or that says why not
        if self._is_whole:
            spares.announce(build.build_dir, TREE, spares.token(_INSTALLED, os.fspath(build.build_dir)))
