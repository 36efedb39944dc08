"""What sends an app's log to its drains while the app runs."""

from __future__ import annotations

from localku.context import Context
from localku.logs.drains import connect
from localku.logs.drains.courier import Post
from localku.logs.drains.couriers import Couriers
from localku.platform.drains import folder
from localku.records import App
from localku.slugs import host_settings


def couriers(context: Context, app: App) -> Couriers:
    """What carries the app's log to its drains; whoever has it says when the log grows and when drains change."""
    authority = context.home / "tls" / "ca.pem"
    post = Post(
        log=context.log(app),
        progress=folder(context, app),
        clock=context.clock,
        trust=lambda: connect.trust(host_settings.certificates(), authority),
    )
    return Couriers(post, lambda: context.store.drains.of(app))
