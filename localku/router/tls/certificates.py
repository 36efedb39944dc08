"""HTTPS on this machine: certificate authorities of localku's own, and what they sign.

A browser or client that is told to trust `ca_file()` sees every app under a valid certificate. It holds two of them,
and neither can vouch for anything else: one is for this machine's own names, `localhost` and all below it; the other
for exactly the domains that the apps have, and it is made again, with the same key, when these change.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from localku import whole_file
from localku.clock import Clock, SystemClock
from localku.router.tls import alpn, issuing
from localku.router.tls.issuing import Authority, Scope
from localku.router.tls.server_names import ServerNames

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
) -> ServerNames:
    """Server contexts for localhost, its subdomains (those in `names` in the first certificate), 127.0.0.1 and ::1.

    What `domains` knows gets a certificate of its own when a client first asks for it. `domains.knows` is called in
    the thread that serves the connections, `domains.names` in one that makes certificates.

    Authorities and first certificate stay in `folder`, every file with mode 0600, and are made again when they
    are near expiry, damaged, or made for other names.
    """
    clock, known = clock or SystemClock(), domains or NoDomains()
    now = clock.now()
    authority = authorities(folder, known.names(), now).localhost
    leaf = folder / "server.pem"
    if not issuing.still_good(leaf, authority, issuing.NAMES + names, now):
        whole_file.write(leaf, authority.issue(issuing.NAMES + names, now))
    by_name = _ByName(folder, clock, known)
    return ServerNames(_server(leaf, [alpn.HTTP1]), ("localhost", *names), by_name.answers, by_name.make)


def loopback(folder: Path, domains: tuple[str, ...], now: datetime) -> ssl.SSLContext:
    """A context for 127.0.0.1, ::1 and localhost alone, for what is none of the apps."""
    authority = authorities(folder, domains, now).localhost
    leaf = folder / "loopback.pem"
    if not issuing.still_good(leaf, authority, issuing.NAMES, now):
        whole_file.write(leaf, authority.issue(issuing.NAMES, now))
    return _server(leaf, [alpn.HTTP1])


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
            whole_file.write(ca_file(folder), bundle)
        (folder / _UNLIMITED).unlink(missing_ok=True)
    return found


def _authority(folder: Path, name: str, scope: Scope, now: datetime) -> Authority:
    key, certificate = folder / f"{name}-key.pem", folder / f"{name}.pem"
    found = issuing.stored(key, certificate, now)
    if found is not None and found.has(scope):
        return found
    made = issuing.new_authority(scope, now, found.key if found else None)
    whole_file.write(key, made.key_pem())
    whole_file.write(certificate, made.certificate_pem())
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
    """Certificates for single names: for domains, and `app.localhost`, where OpenSSL honours no wildcard."""

    def __init__(self, folder: Path, clock: Clock, domains: Domains) -> None:
        self._folder = folder
        self._clock = clock
        self._domains = domains

    def answers(self, name: str) -> bool:
        return _is_local(name) or self._domains.knows(name)

    def make(self, name: str) -> ssl.SSLContext:
        now = self._clock.now()
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".pem") as chain:  # mode 0600
            chain.write(self._signer(name, now).issue((name,), now))
            chain.flush()
            return _server(Path(chain.name), alpn.offered(name))

    def _signer(self, name: str, now: datetime) -> Authority:
        found = authorities(self._folder, self._domains.names(), now)
        return found.localhost if found.domains is None or _is_local(name) else found.domains


def _is_local(name: str) -> bool:
    return name.endswith(".localhost")
