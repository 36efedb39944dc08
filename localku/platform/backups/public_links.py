"""The verb `pg:backups:url`: a link that fetches a backup, for an hour, from the server on this machine."""

from __future__ import annotations

from localku.clock import after
from localku.context import Context
from localku.control import starting
from localku.platform.backups import link_signatures
from localku.transfer_records import Transfer

HOUR = 3600.0
"""Platform seconds that a link is good for (Dev Center, "Heroku PGBackups")."""


def publish(context: Context, transfer: Transfer) -> str:
    """Return a backup's URL; the server answers it, and stays for as long as it is good."""
    until = after(context.clock, HOUR)
    context.store.transfers.publish(transfer, until)
    with starting.server(context) as server:
        port = server.link_port()
    return f"http://127.0.0.1:{port}{link_signatures.path(context, transfer, until)}"
