"""The verb `pg:backups:url`: a link that fetches a backup, for an hour, from the server on this machine."""

from __future__ import annotations

from localku.clock import after
from localku.context import Context
from localku.control import starting
from localku.platform import api_address
from localku.platform.backups import link_signatures
from localku.transfer_records import Transfer


def publish(context: Context, transfer: Transfer) -> str:
    """Return a backup's URL; the server answers it, and stays for as long as it is good."""
    until = after(context.clock, link_signatures.HOUR)
    with starting.server(context) as server:
        place = api_address.of(context, server)
        context.store.transfers.publish(transfer, until)
    return f"{place}{link_signatures.path(context, transfer, until)}"
