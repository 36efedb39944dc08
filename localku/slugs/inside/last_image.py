"""What the app's last image lacks of a build's own files, so that this build's image can be made on it.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from localku.slugs.inside import app_part, manifest, received
from localku.slugs.inside.app_part import Entries
from localku.slugs.inside.events import Compared
from localku.slugs.inside.manifest import Manifest
from localku.slugs.inside.received import File
from localku.slugs.inside.vouched import hash_of

READ = 64 * 1024 * 1024
"""Bytes of files that are read to know what they hold, which takes 0.1 s; of more, those count as changed."""


def still_needed(order: Mapping[str, Any]) -> set[str]:
    """Name the folders of earlier builds on the volume that a build has to find at its end."""
    base = order["base"]
    return {f"slug_{base['build']}"} if base else set()


def compared(order: Mapping[str, Any], layer: str, found: Entries, sent: Mapping[str, File]) -> Compared:
    """List what an image on the last one has to get, where that one is of this dependency layer.

    `sent` are files of the source as they were when the build began. Nobody may change any file meanwhile, or after.
    """
    out, base = Path(order["out_dir"]), _base(order, layer)
    known = received.intact(sent, found)
    rows = manifest.of(found, known | _read(Path(order["build_dir"]), found, known))
    text = manifest.text_of(rows)
    (out / manifest.NAME).write_bytes(text)
    changed: int | None = None
    if base is not None:
        difference = manifest.difference(rows, base)
        (out / manifest.CHANGED).write_bytes(app_part.listed(difference.changed))
        (out / manifest.REMOVED).write_bytes(app_part.listed(difference.removed))
        changed = manifest.size(found, difference.changed)
    return Compared(hash_of(text), manifest.size(found, found), changed)


def _base(order: Mapping[str, Any], layer: str) -> Manifest | None:
    base = order["base"]
    if base is None or base["layer"] != layer:
        return None
    return manifest.read(Path(order["out_dir"]).parent / f"slug_{base['build']}" / manifest.NAME, base["manifest"])


def _read(build_dir: Path, found: Entries, known: Mapping[bytes, str]) -> dict[bytes, str]:
    """Return the digests of all other files, if they are not too much to read. One of two names is always written."""
    unknown = {
        path: state
        for path, state in found.items()
        if path not in known and stat.S_ISREG(state.st_mode) and state.st_nlink == 1
    }
    digests: dict[bytes, str] = {}
    if sum(state.st_size for state in unknown.values()) <= READ:
        for path in unknown:
            with suppress(OSError):  # whoever copies it will say so
                digests[path] = hash_of((build_dir / os.fsdecode(path)).read_bytes())
    return digests
