"""Connections to receivers, over TLS that is verified where the drain says so."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localku.logs.drains.address import Address

TIMEOUT = 10.0
"""Real seconds a receiver may take to connect or to answer [inf]."""

Trust = Callable[[], ssl.SSLContext]

_REASONS = {
    10: "certificate expired",
    18: "unknown ca",
    19: "unknown ca",
    20: "unknown ca",
    21: "unknown ca",
}
"""OpenSSL's verification error to what L14 names, in Erlang's words [inf]; the rest is `bad certificate`."""


def trust(bundle: bytes | None, *own: Path) -> ssl.SSLContext:
    """A client context that believes in this machine's CA bundle (PEM) and in the authorities of `own` that exist.

    RFC 5280 to the letter (VERIFY_X509_STRICT) is not asked for: Logplex does not either.
    """
    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if bundle is not None:
        context.load_verify_locations(cadata=bundle.decode("ascii", "ignore"))
    for authority in own:
        if authority.is_file():
            context.load_verify_locations(authority)
    return context


def connected(address: Address, trust: Trust) -> socket.socket:
    """Connect; raises OSError, of which ssl.SSLCertVerificationError is one. Names in `.localhost` are this machine."""
    host = "localhost" if address.host.endswith(".localhost") else address.host
    plain = socket.create_connection((host, address.port), TIMEOUT)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not address.is_tls:
        return plain
    try:
        return trust().wrap_socket(plain, server_hostname=address.host)
    except BaseException:
        plain.close()
        raise


def hung_up(connection: socket.socket) -> bool:
    """Whether the other side has closed a connection on which it never says anything else."""
    connection.settimeout(0)
    try:
        return not connection.recv(4096)
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(TIMEOUT)


def reason(error: ssl.SSLCertVerificationError) -> str:
    """What L14 says of a certificate that was not believed."""
    return _REASONS.get(error.verify_code, "bad certificate")
