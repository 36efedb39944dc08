"""HTTPS with the host's certificates and proxies, by the standard library."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

# Each may name a PEM file the host trusts beside the system's own store.
_CA_VARIABLES = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "NPM_CONFIG_CAFILE", "npm_config_cafile")


class FetchError(Exception):
    """A download failed; the first argument says from where and why. `missing`: the server says it has no such."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


def open_url(url: str, env: Mapping[str, str], *, timeout: float, accept: str = "*/*") -> IO[bytes]:
    """Open `url` for reading; `timeout` in seconds. FetchError for any failure."""
    import http.client
    import urllib.error
    import urllib.request

    request = urllib.request.Request(url, headers={"Accept": accept, "User-Agent": "localku-buildpack"})
    try:
        return urllib.request.urlopen(request, timeout=timeout, context=_context(env))  # type: ignore[no-any-return]
    except urllib.error.HTTPError as exc:
        missing = exc.code in (404, 410)
        exc.close()
        raise FetchError(f"{url} answered {exc.code} {exc.reason}", missing=missing) from exc
    except (OSError, http.client.HTTPException, ValueError) as exc:
        raise FetchError(f"{url}: {getattr(exc, 'reason', exc)}") from exc


def read_url(url: str, env: Mapping[str, str], *, timeout: float, accept: str = "*/*") -> bytes:
    """Return the whole body. FetchError for any failure, a connection that breaks included."""
    import http.client

    try:
        with open_url(url, env, timeout=timeout, accept=accept) as answer:
            return answer.read()
    except (OSError, http.client.HTTPException) as exc:
        raise FetchError(f"{url}: {exc}") from exc


def _context(env: Mapping[str, str]) -> ssl.SSLContext:
    import ssl

    context = ssl.create_default_context()
    for path in {env[name] for name in _CA_VARIABLES if env.get(name)}:
        if os.path.isfile(path):  # noqa: PTH113
            context.load_verify_locations(cafile=path)
    return context
