"""The verb `pg:backups:url`: a link that fetches a backup, for an hour, from the server on this machine."""

from __future__ import annotations

from localku.clock import after
from localku.context import Context
from localku.control import api_port, starting
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform.backups import link_signatures
from localku.transfer_records import Transfer


def publish(context: Context, transfer: Transfer) -> str:
    """Return a backup's URL; the server answers it, and stays for as long as it is good."""
    until = after(context.clock, link_signatures.HOUR)
    context.store.transfers.publish(transfer, until)
    with starting.server(context):
        place = api_port.url(context.home)
    if place is None:
        raise LocalkuError("The server has no API.", f"`{CLIENT} server:logs` says why.", kind=Kind.UNAVAILABLE)
    return f"{place}{link_signatures.path(context, transfer, until)}"
