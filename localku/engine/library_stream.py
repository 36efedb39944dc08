"""A stream of an engine that is asked through docker-py: over TCP, TLS or SSH."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from requests import RequestException
from urllib3.exceptions import HTTPError

from localku.engine.http.http_answer import BLOCK, pieces, unchunked
from localku.engine.two_way import raw_socket


class LibraryStream:
    """See `localku.engine.streams.Stream`."""

    def __init__(self, api: Any, method: str, target: str, params: Mapping[str, object]) -> None:
        """docker-py's own methods ask for more than this first, take an error for an event, or return at the end."""
        self._api = api
        self._socket: socket.socket | None = None
        ask = api._post if method == "POST" else api._get  # noqa: SLF001
        self._response = ask(api._url(target), params=params, stream=True)  # noqa: SLF001
        api._raise_for_status(self._response)  # noqa: SLF001

    def blocks(self, gather: float = 0.0) -> Iterator[bytes]:
        """Yield its body, quicker than `requests` does where there are many small chunks."""
        answer = getattr(self._response.raw, "_fp", None)
        read = getattr(getattr(answer, "fp", None), "read1", None)
        try:
            if read is None or not getattr(answer, "chunked", False):
                yield from self._response.iter_content(BLOCK)
            else:
                yield from unchunked(pieces(read, gather))
        except (RequestException, HTTPError) as error:
            raise ConnectionError("Connection broken") from error

    def wait_for_ever(self) -> None:
        self._socket = raw_socket(self._api._get_raw_response_socket(self._response))  # noqa: SLF001
        self._socket.settimeout(None)

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):  # it is over already
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._response.close()
