"""The certificate for each name that clients ask for: there from the start, or made in a thread when first needed."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from localku.errors import LocalkuError

_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_LONGEST_NAME = 253  # RFC 1035
_MOST_NAMES = 1000  # made while running, so that made-up names cannot fill the memory

_log = logging.getLogger(__name__)


class ServerNames:
    """Used in the event loop alone; only `make` is called in another thread.

    `first` is shown for the names in `covered`, to clients that ask for no name, and to those that ask for one that
    `answers` is false for. `make` makes a context with a certificate for one name.
    """

    def __init__(
        self,
        first: ssl.SSLContext,
        covered: tuple[str, ...],
        answers: Callable[[str], bool],
        make: Callable[[str], ssl.SSLContext],
    ) -> None:
        self._first = first
        self._covered = frozenset(covered)
        self._answers = answers
        self._make = make
        self._made: dict[str, ssl.SSLContext] = {}
        self._making: dict[str, asyncio.Future[ssl.SSLContext]] = {}
        self._maker = ThreadPoolExecutor(1, "certificates")

    async def context(self, asked_for: str | None) -> ssl.SSLContext:
        """What the handshake with a client is to be made with; the first client of a name waits for its certificate."""
        name = (asked_for or "").lower()
        if name in self._covered or len(name) > _LONGEST_NAME or not _NAME.fullmatch(name) or not self._answers(name):
            return self._first
        found = self._made.get(name)
        return found if found is not None else await self._new(name)

    async def _new(self, name: str) -> ssl.SSLContext:
        making = self._making.get(name)
        if making is None:
            making = asyncio.get_running_loop().run_in_executor(self._maker, self._make, name)
            self._making[name] = making
            making.add_done_callback(lambda done: self._keep(name, done))
        try:
            return await asyncio.shield(making)
        except (LocalkuError, OSError):
            return self._first  # this client sees another name, the next one its own

    def _keep(self, name: str, done: asyncio.Future[ssl.SSLContext]) -> None:
        del self._making[name]
        error = None if done.cancelled() else done.exception()
        if error is not None:
            _log.warning("no certificate for %s: %s", name, error)
        elif not done.cancelled():
            if len(self._made) >= _MOST_NAMES:
                self._made.clear()
            self._made[name] = done.result()


def fixed(context: ssl.SSLContext) -> ServerNames:
    """One context, whatever name is asked for."""
    return ServerNames(context, (), lambda _name: False, lambda _name: context)
