"""The certificates to trust are for the domains there are."""

from __future__ import annotations

import ssl

from localku.context import Context
from localku.router.routing import table
from localku.router.tls import certificates


def refresh(context: Context) -> None:
    """Let the authority for domains be for those there are now."""
    certificates.authorities(context.home / "tls", table.names_beyond_localhost(context), context.clock.now())


def loopback(context: Context) -> ssl.SSLContext:
    """What the API shows to clients that speak TLS."""
    return certificates.loopback(context.home / "tls", table.names_beyond_localhost(context), context.clock.now())
