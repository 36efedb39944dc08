"""Where localku keeps its state and finds the data it was installed with."""

from __future__ import annotations

import os
from pathlib import Path

from localku.errors import LocalkuError, kind_of

_PACKAGE = Path(__file__).resolve().parent


def home() -> Path:
    """The state folder: `LOCALKU_HOME`, or the user's data folder. Created with mode 0700."""
    chosen = os.environ.get("LOCALKU_HOME")
    if chosen:
        folder = Path(chosen).expanduser()
    else:
        from platformdirs import user_data_path

        folder = user_data_path("localku")
    return _made(folder, 0o700)


def home_id(folder: Path) -> str:
    """Names a state folder on the engine, so that two of them never touch each other's containers."""
    import hashlib  # not at the start: with OpenSSL, which few commands need

    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]


def _made(folder: Path, mode: int) -> Path:
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise LocalkuError(
            f"{folder} cannot be made: {error.strerror}.",
            "localku keeps its state there; LOCALKU_HOME names another folder.",
            kind=kind_of(error),
        ) from error
    return folder


def cache() -> Path:
    """Downloads that can be fetched again: `$LOCALKU_HOME/cache` or the user's cache folder."""
    if os.environ.get("LOCALKU_HOME"):
        folder = home() / "cache"
    else:
        from platformdirs import user_cache_path

        folder = user_cache_path("localku")
    return _made(folder, 0o777)


def data(name: str) -> Path:
    """A folder shipped with localku, `buildpacks` or `stacks`: in the wheel, or beside the checkout."""
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
