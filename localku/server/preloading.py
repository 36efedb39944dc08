"""Imports all that the server's processes may ever need: its files may be gone, or others, when they do.

Control begins with what it needs to run an app, and the router with what it serves it with. The rest comes when they
have had some time for that: in the parent, from which logs is forked then, and every process that dies is forked again,
and in control and the router themselves.
"""

from __future__ import annotations

import gc
import importlib
import logging
import pkgutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

NOT_NEEDED = ("localku.__main__", "localku.cli", "localku.debian", "localku.local")
"""Ours, and nothing that a process of the server ever runs."""

OTHERS = (
    *("cronsim", "docker", "dotenv", "h2", "hpack", "hyperframe", "idna", "packaging", "platformdirs"),
    *("publicsuffixlist", "requests", "urllib3", "uvloop", "yaml"),
)
"""Libraries that import parts of themselves when they use them: all parts of each."""

ELSEWHERE = (
    *("_android", "android", "emscripten", "ios", "macos", "windows", "pyopenssl", "socks"),
    *("_testbase", "pytest_plugin", "test", "testing", "tests"),
    *("cli", "dependency_groups", "direct_url", "ipython", "licenses", "metadata", "pylock"),
)
"""Parts that are there for other machines, for the tests of a library, or for what nobody here asks of it."""

OF_PYTHON = (
    *("encodings.ascii", "encodings.idna", "encodings.latin_1", "encodings.punycode", "encodings.utf_8_sig"),
    *("concurrent.futures.thread", "ctypes.util", "http.client", "http.cookies", "logging.config", "pwd", "secrets"),
    *("netrc", "sqlite3.dump", "ssl", "tempfile", "tomllib", "traceback", "urllib.request", "uuid", "zoneinfo"),
)

BESIDES = ("cryptography.hazmat.backends.openssl.backend",)
"""Of libraries with many parts, those that are imported late."""

OF_THE_API = (
    *("anyio._backends._asyncio", "uvicorn.lifespan.off", "uvicorn.protocols.http.h11_impl"),
    "localku.router.tls.trust",
)
"""What control imports when the first client of the API comes."""

FIRST = (
    *("localku.engine.containers", "localku.engine.direct_api", "localku.engine.doorbell", "localku.engine.images"),
    *("localku.engine.networks", "localku.engine.volumes", "localku.logs.app_log"),
)
"""What running an app takes beside what `children.py` imports."""

ROUTERS = ("localku.router", "localku.server.router_process", *BESIDES, "h2", "hpack", "hyperframe", "uvloop")
"""What the router alone ever needs."""

SERVING = ("localku.server.router_process", "localku.router.http2.session", *BESIDES, "uvloop")
"""What the router is forked with: all that any connection needs."""

BESIDE_SERVING = (
    *(*OF_PYTHON, *ROUTERS, "idna", "platformdirs"),
    *("localku.control", "localku.engine.quick", "localku.logs", "localku.project.package_json"),
)
"""What it imports at leisure: what comes late in those, and in what it shares with control."""

PAUSE, GAP = 3.0, 0.01
"""Real seconds until the rest is imported, and between two modules in a process that serves: dynos boot meanwhile."""

_log = logging.getLogger(__name__)


class Preloading:
    """All that is to be imported, in a process that forks others."""

    def __init__(self) -> None:
        self._is_complete = False

    def first(self) -> None:
        """Import what control needs to run an app, before it is forked."""
        for name in FIRST:
            importlib.import_module(name)
        gc.freeze()
        gc.enable()

    def serving(self) -> Iterator[float]:
        """Import what the router serves with, a module at each step, before it is forked."""
        for _ in _all_of(SERVING):
            yield 0.0

    def rest(self) -> Iterator[float]:
        """Import everything else when there is time for it, before the last process is forked.

        The garbage collector does not touch what all processes share from then on.
        """
        yield PAUSE
        for _ in imported():
            yield 0.0
        gc.collect()
        gc.freeze()
        self._is_complete = True

    def at_leisure(self, modules: Callable[[], Iterator[None]]) -> None:
        """In a process that was forked: import these here, too, unless they were there before."""
        if not self._is_complete:
            threading.Thread(target=_slowly, args=(modules,), name="preloading", daemon=True).start()


def of_control() -> Iterator[None]:
    """What control needs, one module at each step."""
    yield from imported(ROUTERS)


def of_router() -> Iterator[None]:
    """What the router needs."""
    yield from _all_of(BESIDE_SERVING)


def _slowly(modules: Callable[[], Iterator[None]]) -> None:
    time.sleep(PAUSE)
    try:
        for _ in modules():
            time.sleep(GAP)
    except Exception:  # noqa: BLE001 - logged: what is missing is asked for again where it is needed
        _log.exception("not all that this process may need could be imported")


def imported(without: tuple[str, ...] = ()) -> Iterator[None]:
    """Import all but those modules and packages, one module at each step."""
    for name in (*OF_PYTHON, *BESIDES, *OF_THE_API, *_parts("localku", (*NOT_NEEDED, *without))):
        if name not in without:
            importlib.import_module(name)
            yield
    for library in OTHERS:
        if library not in without:
            yield from _library(library)


def _all_of(names: tuple[str, ...]) -> Iterator[None]:
    for name in names:
        if name in OTHERS:
            yield from _library(name)
            continue
        for part in _parts(name, ()):
            importlib.import_module(part)
            yield


def _library(name: str) -> Iterator[None]:
    with suppress(ImportError):  # uvloop is not there on every machine
        for part in _parts(name, ELSEWHERE):
            _attempt(part)
            yield


def _attempt(part: str) -> None:
    """Import a part of a library, unless it needs what is not installed, or what is there does not fit it."""
    try:
        importlib.import_module(part)
    except ImportError:
        return
    except Exception as error:  # noqa: BLE001 - logged: whoever uses it hears of it there, and mostly nobody does
        _log.info("%s cannot be imported: %r", part, error)


def _parts(package: str, without: tuple[str, ...]) -> Iterator[str]:
    """All modules of a package, its own name first; `without` are full names, or last parts of names."""
    yield package
    found = importlib.import_module(package)
    for one in pkgutil.iter_modules(getattr(found, "__path__", ())):
        name = f"{package}.{one.name}"
        if name in without or one.name in (*without, "__main__"):
            continue
        if one.ispkg:
            yield from _parts(name, without)
        else:
            yield name
