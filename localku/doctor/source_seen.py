"""What is known of an app's source, as a value that can be kept: names of config vars are in it, and no value."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, fields
from typing import Any

from localku.doctor.tree import Blob, Tree
from localku.project.procfile_guess import Guess

LEVEL = 1
"""Of compression: source text shrinks to a third at once, and little more for five times the work."""


@dataclass(frozen=True)
class SourceSeen:
    """`buildpacks` are those that its files ask for, `env_file` the names in `.env`.

    `newer` are the dependency files that changed after the slug was made.
    """

    tree: Tree
    buildpacks: tuple[str, ...] = ()
    env_file: frozenset[str] = frozenset()
    newer: frozenset[str] = frozenset()


UNSEEN = SourceSeen(Tree())
"""The source of a slug whose deploy has left nothing."""


def format(seen: SourceSeen) -> bytes:  # noqa: A001 - beside `parse`
    """What a source of this moment was: `newer` is none of it."""
    tree: dict[str, Any] = {one.name: getattr(seen.tree, one.name) for one in fields(Tree)}
    tree["blobs"] = {path: (blob.executable, blob.crlf) for path, blob in seen.tree.blobs.items()}
    tree["guess"] = (seen.tree.guess.lines, seen.tree.guess.reason) if seen.tree.guess else None
    rows = {"tree": tree, "buildpacks": seen.buildpacks, "env_file": sorted(seen.env_file)}
    return gzip.compress(json.dumps(rows).encode(), LEVEL, mtime=0)


def parse(content: bytes) -> SourceSeen | None:
    """Read what `format` has made; None for anything else."""
    try:
        rows: dict[str, Any] = json.loads(gzip.decompress(content))
        tree: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in rows["tree"].items()
        }
        tree["blobs"] = {path: Blob(*kept) for path, kept in tree["blobs"].items()}
        tree["guess"] = Guess(*tree["guess"]) if tree["guess"] else None
        return SourceSeen(Tree(**tree), tuple(rows["buildpacks"]), frozenset(rows["env_file"]))
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError):
        return None
