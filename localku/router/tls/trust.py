"""The certificates to trust are for the domains there are."""

from __future__ import annotations

from localku.context import Context
from localku.router import table
from localku.router.tls import certificates


def refresh(context: Context) -> None:
    """Let the authority for domains be for those there are now."""
    names = table.beyond_localhost(table.names_of(context, context.store.apps.all()))
    certificates.authorities(context.home / "tls", names, context.clock.now())
