"""The server of a database as the tools need it: running, and stopped again after if it was down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from localku.context import Context
from localku.platform.addons import addon_servers, provisioning
from localku.records import Addon, App
from localku.services.postgres.moving.tools import Server


@contextmanager
def started(context: Context, app: App, addon: Addon) -> Iterator[Server]:
    """`app` is the one that the add-on is billed to."""
    with addon_servers.stopped_after(context, app) as stays:
        provisioning.ensure_running(context, app)
        yield Server(context.engine, addon_servers.container(addon), stays)
