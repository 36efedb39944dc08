"""What the doctor has to know of a folder as it is now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from localku.doctor.tree import Tree
from localku.errors import LocalkuError
from localku.platform import source_reading
from localku.project.sources import source, unsent

MOST_TEXT = 16 * 1024 * 1024
"""Bytes of all files that are read."""


def read(root: Path) -> Tree:
    """Look at the folder; what cannot be read is left out, for the build itself says so."""
    try:
        collected = source.collect(root)
        return replace(source_reading.of(collected, root, most=MOST_TEXT), otherwise=unsent.otherwise(collected))
    except LocalkuError:
        return Tree()
