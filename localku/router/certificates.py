"""HTTPS on this machine: a certificate authority of localku's own, and what it signs.

A browser or client that is told to trust `ca_file()` sees every app under a valid certificate.
"""

from __future__ import annotations

import os
import re
import ssl
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from localku.clock import Clock, SystemClock
from localku.router import alpn, issuing

_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_LONGEST_NAME = 253  # RFC 1035
_MOST_NAMES = 1000  # minted while running, so that made-up names cannot fill the memory


def ca_file(folder: Path) -> Path:
    """The certificate to trust; it exists once `context()` was called."""
    return folder / "ca.pem"


Known = Callable[[str], bool]


def no_other(_name: str) -> bool:
    return False


def context(
    folder: Path, names: tuple[str, ...] = (), clock: Clock | None = None, known: Known = no_other
) -> ssl.SSLContext:
    """A server context for localhost, its subdomains, 127.0.0.1, ::1 and `names` (also `*.example.com`).

    What `known` says yes to gets a certificate of its own when a client first asks for it; it is called in
    the thread that serves the connections.

    Authority and certificate stay in `folder`, every file with mode 0600, and are made again when they
    are near expiry, damaged, or made for other names.
    """
    now = (clock or SystemClock()).now()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = issuing.stored(folder / "ca-key.pem", ca_file(folder), now)
    if authority is None:
        authority = issuing.new_authority(now)
        _write(folder / "ca-key.pem", authority.key_pem())
        _write(ca_file(folder), authority.certificate_pem())
    leaf = folder / "server.pem"
    if not issuing.still_good(leaf, authority, issuing.NAMES + names, now):
        _write(leaf, authority.issue(issuing.NAMES + names, now))
    made = _server(leaf, [alpn.HTTP1])
    _ByName(folder, authority, now, known).serve(made)
    return made


def _server(chain: Path, protocols: list[str]) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(protocols)
    made.load_cert_chain(chain)
    return made


class _ByName:
    """Certificates made when first asked for: for domains, and `app.localhost`, where OpenSSL honours no wildcard."""

    def __init__(self, folder: Path, authority: issuing.Authority, now: datetime, known: Known) -> None:
        self._known = known
        self._folder = folder
        self._authority = authority
        self._now = now
        self._made: dict[str, ssl.SSLContext] = {}

    def serve(self, context: ssl.SSLContext) -> None:
        context.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name is None or len(name) > _LONGEST_NAME or not _NAME.fullmatch(name.lower()):
            return
        if name.lower().endswith(".localhost") or self._known(name.lower()):
            connection.context = self._for(name.lower())

    def _for(self, name: str) -> ssl.SSLContext:
        found = self._made.get(name)
        if found is None:
            if len(self._made) >= _MOST_NAMES:
                self._made.clear()
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".pem") as chain:  # mode 0600
                chain.write(self._authority.issue((name,), self._now))
                chain.flush()
                found = self._made[name] = _server(Path(chain.name), alpn.offered(name))
        return found


def _write(path: Path, content: bytes) -> None:
    """Replace a file in one step, readable by its owner only from the first byte on."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(temporary).replace(path)
