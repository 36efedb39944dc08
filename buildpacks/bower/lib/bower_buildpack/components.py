"""The components folder between builds: linked into the build when nothing that bower reads has changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodekit import tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LAYOUT = "1"
_INPUTS = ("bower.json", ".bowerrc")


@dataclass(frozen=True)
class Kept:
    """`folder` is CACHE_DIR/bower/components: `tree/` and what it is the install of."""

    folder: Path

    @property
    def _tree(self) -> Path:
        return self.folder / "tree"

    @property
    def _state(self) -> Path:
        return self.folder / "state.json"

    def restore(self, key: str, target: Path) -> bool:
        """Put the components of the last build in place; False when they are not what `key` names."""
        try:
            state = json.loads(self._state.read_text())
            same: bool = state == {"key": key, "digest": tree.digest(self._tree)}
        except (OSError, ValueError):
            return False
        if same:
            tree.place(self._tree, target)
        return same

    def keep(self, key: str, source: Path) -> None:
        tree.remove(self._state)
        tree.place(source, self._tree)
        self._state.write_text(json.dumps({"key": key, "digest": tree.digest(self._tree)}))


def key(build_dir: Path, env: Mapping[str, str], version: str) -> str:
    """Name everything an install depends on: the files bower reads, its settings, its version."""
    collected = hashlib.sha256(f"{_LAYOUT} {version}".encode())
    for name in _INPUTS:
        path = build_dir / name
        collected.update(f"\0{name}\0".encode() + (path.read_bytes() if path.is_file() else b"\0"))
    for name, value in sorted(env.items()):
        if name.lower().startswith("bower_"):
            collected.update(f"\0{name}={value}".encode(errors="surrogateescape"))
    return collected.hexdigest()
