"""Answers of the engine that come bit by bit and may never end: output, events, the end of a container."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from localku.engine.http.http_answer import Headers, is_chunked, pieces, unchunked
from localku.engine.http.unix_http import UnixHttp


class Stream(Protocol):
    def blocks(self, gather: float = 0.0) -> Iterator[bytes]:
        """Yield what comes, to its end. `gather`: seconds to wait for more after a small piece."""

    def wait_for_ever(self) -> None:
        """Have no block come too late. Before `hang_up`."""

    def hang_up(self) -> None:
        """End it, whoever reads it just now."""

    def close(self) -> None: ...


def opened(api: Any, method: str, target: str, params: Mapping[str, object]) -> Stream:
    """Ask for a stream, without docker-py where the engine listens on a Unix socket of this machine."""
    if isinstance(api, UnixHttp):
        return _Direct(*api.stream(method, target, params))
    from localku.engine.library_stream import LibraryStream

    return LibraryStream(api, method, target, params)


def output(api: Any, container: str, params: Mapping[str, object]) -> Stream:
    """Open a stream of the engine's `logs`."""
    return opened(api, "GET", f"/containers/{container}/logs", {"stdout": 1, "stderr": 1, **params})


class _Direct:
    def __init__(self, connection: socket.socket, headers: Headers) -> None:
        self._connection = connection
        self._is_chunked = is_chunked(headers)

    def blocks(self, gather: float = 0.0) -> Iterator[bytes]:
        found = pieces(self._connection.recv, gather)
        return unchunked(found) if self._is_chunked else found

    def wait_for_ever(self) -> None:
        self._connection.settimeout(None)

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):  # it is over already
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._connection.close()
