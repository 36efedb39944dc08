"""Which packages CACHE_DIR holds the files of, read off their names."""

from __future__ import annotations

from pathlib import Path

from pybuild.installed import normalized


def has(wheelhouse: Path, name: str, version: str | None) -> bool:
    """Return whether a wheel or a source archive of the package is in `wheelhouse`; None is any version."""
    for file in wheelhouse.glob("*"):
        stem = file.name.removesuffix(".tar.gz").removesuffix(".zip")
        if file.suffix == ".whl":
            found, _, rest = file.name.partition("-")
            number = rest.partition("-")[0]
        else:
            found, _, number = stem.rpartition("-")
        if normalized(found) == normalized(name) and version in {None, number}:
            return True
    return False


def have(wheelhouse: Path, pins: tuple[str, ...]) -> bool:
    """Return whether it has all of `pins` (`uv==0.12.5`), which says nothing of what they need themselves."""
    return all(has(wheelhouse, name, version) for name, _, version in (pin.partition("==") for pin in pins))
