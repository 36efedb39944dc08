"""Config vars of ENV_DIR, and the environment that programs of a build get."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pybuild.context import Build

BLACKLIST = frozenset(("PATH", "CPATH", "CPPATH", "LD_PRELOAD", "LIBRARY_PATH", "LD_LIBRARY_PATH", "PYTHONHOME"))
"""Config vars that would break the build's Python: the names Heroku's buildpack withholds."""

PIP_PASSES = frozenset(
    f"PIP_{name}"
    for name in (
        "CERT", "CLIENT_CERT", "PROXY", "TRUSTED_HOST", "INDEX_URL", "EXTRA_INDEX_URL",
        "DEFAULT_TIMEOUT", "TIMEOUT", "RETRIES",
    )
)  # fmt: skip
"""pip settings of the host that say how to reach an index; all others would change what is installed."""


def read(env_dir: Path) -> dict[str, str]:
    """Return every config var, also those of the blacklist. A missing folder means none."""
    if not env_dir.is_dir():
        return {}
    files = sorted(path for path in env_dir.iterdir() if path.is_file())
    return {path.name: path.read_text("utf-8", "surrogateescape").rstrip("\n") for path in files}


def exported(env_dir: Path) -> dict[str, str]:
    """Return the config vars that programs of the app see while it is built."""
    return {name: value for name, value in read(env_dir).items() if name not in BLACKLIST}


def base(build: Build, python_home: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of every program of this build, without config vars."""
    kept = {name: value for name, value in environ.items() if _passes(name)}
    folders = {
        "PATH": python_home / "bin",
        "C_INCLUDE_PATH": python_home / "include",
        "CPLUS_INCLUDE_PATH": python_home / "include",
        "LIBRARY_PATH": python_home / "lib",
        "LD_LIBRARY_PATH": python_home / "lib",
        "PKG_CONFIG_PATH": python_home / "lib/pkg-config",
    }
    first = {name: prepend(str(folder), kept.get(name)) for name, folder in folders.items()}
    own = {
        "BUILD_DIR": str(build.build_dir),
        "CACHE_DIR": str(build.cache_dir),
        "ENV_DIR": str(build.env_dir),
        "LANG": "en_US.UTF-8",
        "PYTHONUNBUFFERED": "1",
    }
    return {**kept, **first, **own}


def prepend(folder: str, value: str | None) -> str:
    return f"{folder}:{value}" if value else folder


def _passes(name: str) -> bool:
    if name.startswith("PIP_"):
        return name in PIP_PASSES
    return name not in {"PYTHONHOME", "PYTHONPATH"} and not name.startswith("LOCALKU_")
