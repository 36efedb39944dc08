"""What is installed in a tree, read off site-packages without starting Python."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Distribution:
    """An installed package. `from_index` is False for one from a folder, a file or a repository."""

    name: str
    version: str
    from_index: bool


def normalized(name: str) -> str:
    """Return a package's name in the one spelling that compares (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def distributions(site: Path) -> Iterator[Distribution]:
    for folder in sorted(site.glob("*.dist-info")):
        name, _, version = folder.name.removesuffix(".dist-info").partition("-")
        yield Distribution(normalized(name), version, not (folder / "direct_url.json").exists())


def version_of(site: Path, name: str) -> str | None:
    return next((found.version for found in distributions(site) if found.name == normalized(name)), None)


def moves(site: Path) -> bool:
    """Return whether a package came from a place whose content can change while its address stays.

    That is a folder, or a repository asked for by a branch; `direct_url.json` (PEP 610) tells.
    """
    return any(_moves(json.loads(file.read_text("utf-8"))) for file in site.glob("*.dist-info/direct_url.json"))


def _moves(direct_url: dict[str, object]) -> bool:
    vcs = direct_url.get("vcs_info")
    if isinstance(vcs, dict):
        return vcs.get("requested_revision") != vcs.get("commit_id")
    return str(direct_url.get("url", "")).startswith("file:")


def importable(module: str, *folders: Path) -> bool:
    """Return whether `import module` finds something in one of `folders`."""
    return any((folder / module).is_dir() or (folder / f"{module}.py").is_file() for folder in folders)
