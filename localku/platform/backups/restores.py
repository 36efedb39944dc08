"""The verb `pg:backups:restore`."""

from __future__ import annotations

from localku.context import Context
from localku.platform.backups import archives, database_server, replacing
from localku.platform.backups.archives import Source
from localku.platform.backups.transferring import Moved, Order, transferring
from localku.records import Addon, App
from localku.transfer_records import Transfer, TransferKind


def restore(
    context: Context,
    app: App,
    addon: Addon,
    target: str,
    source: Source,
    *,
    extensions: tuple[str, ...] = (),
    moved: Moved,
) -> Transfer:
    """Put what is in an archive in the place of all that a database holds. Ask before calling.

    `app` is the one that the add-on is billed to, `target` what the database is called there. `extensions` are
    created before, as with `heroku pg:backups:restore --extensions`.
    """
    order = Order(TransferKind.RESTORE, addon.uuid, source.name, target)
    with database_server.started(context, app, addon) as server, transferring(context, app, order, moved) as run:
        run.interrupt = lambda: server.end_sessions(run.transfer.label)
        replacing.replace(
            server, addon, run, replacing.archive(server, addon, run, archives.opened(source)), extensions
        )
    return next(one for one in context.store.transfers.of(app) if one.id == run.transfer.id)
