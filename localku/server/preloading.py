"""Imports all that the server's processes may ever need: its files may be gone, or others, when they do."""

from __future__ import annotations

import gc
import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import suppress

NOT_NEEDED = ("localku.__main__", "localku.cli", "localku.debian", "localku.local")
"""Ours, and nothing that a process of the server ever runs."""

OTHERS = (
    *("cronsim", "docker", "dotenv", "h2", "hpack", "hyperframe", "idna", "packaging", "platformdirs"),
    *("publicsuffixlist", "requests", "urllib3", "uvloop", "yaml"),
)
"""Libraries that import parts of themselves when they use them: all parts of each."""

ELSEWHERE = ("emscripten", "pyopenssl", "socks", "test", "testing", "tests")
"""Parts that are there for other machines, or for the tests of a library."""

OF_PYTHON = (
    *("encodings.ascii", "encodings.idna", "encodings.latin_1", "encodings.punycode", "encodings.utf_8_sig"),
    *("concurrent.futures.thread", "ctypes.util", "http.client", "http.cookies", "logging.config", "pwd", "secrets"),
    *("netrc", "sqlite3.dump", "ssl", "tempfile", "tomllib", "traceback", "urllib.request", "uuid", "zoneinfo"),
)

BESIDES = ("cryptography.hazmat.backends.openssl.backend",)
"""Of libraries with many parts, those that are imported late."""


def preload() -> None:
    """Import it, and keep the garbage collector from touching what all processes share from now on."""
    for name in (*OF_PYTHON, *BESIDES, *_parts("localku", NOT_NEEDED)):
        importlib.import_module(name)
    for library in OTHERS:
        with suppress(ImportError):  # uvloop is not there on every machine
            for name in _parts(library):
                with suppress(ImportError):  # it needs what is not installed, and so nobody uses it
                    importlib.import_module(name)
    gc.collect()
    gc.freeze()


def _parts(package: str, without: tuple[str, ...] = ()) -> Iterator[str]:
    """All modules of a package, its own name first."""
    yield package
    found = importlib.import_module(package)
    for one in pkgutil.iter_modules(getattr(found, "__path__", ())):
        name = f"{package}.{one.name}"
        if name in without or one.name in ELSEWHERE or one.name == "__main__":
            continue
        if one.ispkg:
            yield from _parts(name, without)
        else:
            yield name
