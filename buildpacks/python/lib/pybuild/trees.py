"""Whole folders: copied with hard links where the file system allows, replaced in one step."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from handover import spares


def clone(source: Path, target: Path) -> None:
    """Make `target` a copy of `source`, times kept. Hard links on one file system, else a real copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.stat().st_dev == target.parent.stat().st_dev and _copy(source, target, "--link"):
        return
    remove(target)
    if not _copy(source, target):
        raise OSError(f"cannot copy {source} to {target}")


def copy(source: Path, target: Path) -> None:
    """Make `target` a copy of `source` that shares nothing with it, times kept."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not _copy(source, target):
        raise OSError(f"cannot copy {source} to {target}")


def linked(source: Path, target: Path) -> bool:
    """Make `target` a copy of `source` out of hard links, where there is nothing yet; tell if that was possible."""
    return _copy(source, target, "--link")


def new(target: Path) -> Path:
    """Where a tree is made that `put` puts in the place of `target`."""
    return target.with_name(f"{target.name}.new")


def replace(source: Path, target: Path, *, shares: bool) -> None:
    """Like clone, but a build that is killed halfway leaves the old `target` whole; `shares` as in `put`."""
    remove(new(target))
    clone(source, new(target))
    put(target, shares=shares)


def put(target: Path, *, shares: bool) -> None:
    """Let the new tree be `target`. `shares`: files of it may be those of the old `target`, too."""
    if target.exists():
        target.rename(tempfile.mkdtemp(prefix=f"{target.name}.old", dir=target.parent))
    new(target).rename(target)
    old = tuple(target.parent.glob(f"{target.name}.old*"))  # earlier ones, too, whose removal was cut short
    (remove if shares else spares.remove_later)(*old)


def remove(*paths: Path) -> None:
    present = [str(path) for path in paths if path.exists() or path.is_symlink()]
    if present:
        subprocess.run(["rm", "-rf", "--", *present], check=True)


def _copy(source: Path, target: Path, *options: str) -> bool:
    command = ["cp", "--archive", "--no-dereference", *options, "--", str(source), str(target)]
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0
