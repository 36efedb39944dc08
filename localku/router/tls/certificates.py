"""HTTPS on this machine: certificate authorities of localku's own, and what they sign.

A browser or client that is told to trust `ca_file()` sees every app under a valid certificate. It holds two of them,
and neither can vouch for anything else: one is for this machine's own names, `localhost` and all below it; the other
for exactly the domains that the apps have, and it is made again, with the same key, when these change.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from localku.clock import Clock, SystemClock
from localku.errors import LocalkuError
from localku.router.tls import alpn, issuing
from localku.router.tls.issuing import Authority, Scope

_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_LONGEST_NAME = 253  # RFC 1035
_MOST_NAMES = 1000  # minted while running, so that made-up names cannot fill the memory
_UNLIMITED = "ca-key.pem"
"""The key of the authority for every name there is, that localku had before."""


class Domains(Protocol):
    """Names beyond localhost, `*.example.com` among them: all there are, and whether one is or falls under one."""

    def names(self) -> tuple[str, ...]: ...

    def knows(self, name: str) -> bool: ...


class NoDomains:
    def names(self) -> tuple[str, ...]:
        return ()

    def knows(self, _name: str) -> bool:
        return False


@dataclass(frozen=True)
class Authorities:
    """`domains` is None where there are none."""

    localhost: Authority
    domains: Authority | None


def ca_file(folder: Path) -> Path:
    """The certificates to trust; it exists once `context()` or `authorities()` was called."""
    return folder / "ca.pem"


def context(
    folder: Path, names: tuple[str, ...] = (), clock: Clock | None = None, domains: Domains | None = None
) -> ssl.SSLContext:
    """A server context for localhost, its subdomains (those in `names` in the first certificate), 127.0.0.1 and ::1.

    What `domains` knows gets a certificate of its own when a client first asks for it; it is called in the thread
    that serves the connections.

    Authorities and certificate stay in `folder`, every file with mode 0600, and are made again when they
    are near expiry, damaged, or made for other names.
    """
    now, known = (clock or SystemClock()).now(), domains or NoDomains()
    authority = authorities(folder, known.names(), now).localhost
    leaf = folder / "server.pem"
    if not issuing.still_good(leaf, authority, issuing.NAMES + names, now):
        _write(leaf, authority.issue(issuing.NAMES + names, now))
    made = _server(leaf, [alpn.HTTP1])
    _ByName(folder, now, known).serve(made)
    return made


def authorities(folder: Path, domains: tuple[str, ...], now: datetime) -> Authorities:
    """The authorities for this machine and for these domains, and `ca_file()` with the certificates of both."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(folder):
        found = Authorities(
            _authority(folder, "localhost-ca", issuing.LOCALHOST, now),
            _authority(folder, "domains-ca", issuing.of_domains(domains), now) if domains else None,
        )
        bundle = b"".join(one.certificate_pem() for one in (found.localhost, found.domains) if one is not None)
        if not ca_file(folder).is_file() or ca_file(folder).read_bytes() != bundle:
            _write(ca_file(folder), bundle)
        (folder / _UNLIMITED).unlink(missing_ok=True)
    return found


def _authority(folder: Path, name: str, scope: Scope, now: datetime) -> Authority:
    key, certificate = folder / f"{name}-key.pem", folder / f"{name}.pem"
    found = issuing.stored(key, certificate, now)
    if found is not None and found.has(scope):
        return found
    made = issuing.new_authority(scope, now, found.key if found else None)
    _write(key, made.key_pem())
    _write(certificate, made.certificate_pem())
    return made


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One localku at a time: a key of one and a certificate of another would be of no use."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _server(chain: Path, protocols: list[str]) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(protocols)
    made.load_cert_chain(chain)
    return made


class _ByName:
    """Certificates made when first asked for: for domains, and `app.localhost`, where OpenSSL honours no wildcard."""

    def __init__(self, folder: Path, now: datetime, domains: Domains) -> None:
        self._domains = domains
        self._folder = folder
        self._now = now
        self._made: dict[str, ssl.SSLContext] = {}

    def serve(self, context: ssl.SSLContext) -> None:
        context.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name is None or len(name) > _LONGEST_NAME or not _NAME.fullmatch(name.lower()):
            return
        if _is_local(name.lower()) or self._domains.knows(name.lower()):
            with contextlib.suppress(
                LocalkuError
            ):  # the store is busy: this client sees another name, the next its own
                connection.context = self._for(name.lower())

    def _for(self, name: str) -> ssl.SSLContext:
        found = self._made.get(name)
        if found is None:
            if len(self._made) >= _MOST_NAMES:
                self._made.clear()
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".pem") as chain:  # mode 0600
                chain.write(self._signer(name).issue((name,), self._now))
                chain.flush()
                found = self._made[name] = _server(Path(chain.name), alpn.offered(name))
        return found

    def _signer(self, name: str) -> Authority:
        found = authorities(self._folder, self._domains.names(), self._now)
        return found.localhost if found.domains is None or _is_local(name) else found.domains


def _is_local(name: str) -> bool:
    return name.endswith(".localhost")


def _write(path: Path, content: bytes) -> None:
    """Replace a file in one step, readable by its owner only from the first byte on."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(temporary).replace(path)
