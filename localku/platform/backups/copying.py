"""The verbs `pg:copy`, `pg:push` and `pg:pull`: data from one database into another, by the add-on's own tools."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from localku.context import Context
from localku.errors import CLIENT, Invalid, Kind, LocalkuError
from localku.platform.backups import crossing, database_server, replacing
from localku.platform.backups.crossing import Crossing
from localku.platform.backups.database_argument import Named
from localku.platform.backups.foreign_database import Foreign
from localku.platform.backups.transferring import Moved, Order, transferring
from localku.services.postgres.moving import dumping, piping, restoring
from localku.services.postgres.moving.dumping import Dump
from localku.services.postgres.moving.restoring import Target
from localku.services.postgres.moving.tools import Lines, Server
from localku.transfer_records import Transfer, TransferKind

Expected = Callable[[int], None]
"""Told about how many bytes there will be."""

_TABLES = "SELECT count(*) FROM pg_stat_user_tables"
_BYTES = "SELECT coalesce(sum(pg_table_size(relid)), 0) FROM pg_stat_user_tables"


def copy(context: Context, source: Named, target: Named, moved: Moved, expected: Expected) -> Transfer:
    """Put what one database holds in the place of all that another holds. Ask before calling."""
    if source.addon.uuid == target.addon.uuid:
        raise Invalid("Cannot copy database onto itself")
    order = Order(TransferKind.COPY, target.addon.uuid, source.name, target.name)
    with (
        database_server.started(context, source.app, source.addon) as giving,
        database_server.started(context, target.app, target.addon) as taking,
        transferring(context, target.app, order, moved) as run,
    ):
        run.interrupt = lambda: _end_both(giving, taking, run.transfer)
        expected(int(giving.ask(source.addon.database, source.addon.role, f"{_BYTES};")))
        dump = dumping.own(source.addon.database, source.addon.role, run.transfer.label, compressed=False)

        def fill(new: str) -> int:
            there = (target.addon.host, target.addon.port)
            into = restoring.own(new, target.addon.role, target.addon.password, run.transfer.label, there)
            return piping.pipe(giving, dump, into, run.said, run.has_moved)

        replacing.replace(taking, target.addon, run, fill)
    return next(one for one in context.store.transfers.of(target.app) if one.id == run.transfer.id)


def _end_both(giving: Server, taking: Server, transfer: Transfer) -> None:
    taking.end_sessions(transfer.label)
    giving.end_sessions(transfer.label)


def push(
    context: Context,
    source: Foreign,
    target: Named,
    *,
    excluded: tuple[str, ...],
    moved: Moved,
    expected: Expected,
) -> Transfer:
    """Put a database of this machine, or of a URL, into one of the app's that is empty."""
    addon = target.addon
    order = Order(TransferKind.COPY, addon.uuid, source.name, target.name)
    with database_server.started(context, target.app, addon) as server, crossing.opened(context, server, source) as way:
        if server.ask(addon.database, addon.role, f"{_TABLES};") != "0":
            raise LocalkuError(
                "Remote database is not empty.",
                f"Please create a new database or use `{CLIENT} pg:reset`.",
                kind=Kind.CONFLICT,
            )
        expected(int(_asked(way, source, _BYTES)))
        with transferring(context, target.app, order, moved) as run:
            run.interrupt = lambda: server.end_sessions(run.transfer.label)

            def fill(new: str) -> int:
                with way.to(source) as environment:
                    dump = Dump(environment, ("--exclude-schema=_heroku",), compressed=False, excluded=excluded)
                    into = way.into(addon, new, run.transfer.label)
                    return piping.pipe(way.server, dump, into, run.said, run.has_moved)

            try:
                replacing.replace(server, addon, run, fill)
            except LocalkuError as error:
                raise _with_way_round(error) from error
    return next(one for one in context.store.transfers.of(target.app) if one.id == run.transfer.id)


def _with_way_round(error: LocalkuError) -> LocalkuError:
    """A server may keep in its catalogue what only a pg_dump of its own release knows to leave out.

    PostgreSQL 17.12 (November 2026) is the first that does so within a major version: columns have `pg_attver`.
    """
    if "unrecognized parameter" not in error.message:
        return error
    way = (
        "The source's server is newer than pg_dump here. Its own reads it: `pg_dump -Fc NAME > NAME.dump`, "
        f"then `{CLIENT} pg:backups:restore NAME.dump`."
    )
    return LocalkuError(error.message, f"{way}\n{error.hint}", kind=error.kind)


def pull(
    context: Context,
    source: Named,
    target: Foreign,
    *,
    excluded: tuple[str, ...],
    moved: Callable[[int], None],
    expected: Expected,
) -> int:
    """Put a database of the app's into a new one on this machine, or an empty one of a URL; return the warnings."""
    addon = source.addon
    with database_server.started(context, source.app, addon) as server, crossing.opened(context, server, target) as way:
        expected(int(server.ask(addon.database, addon.role, f"{_BYTES};")))
        _make_or_check(way, target)
        dump = dumping.own(addon.database, addon.role, "localku-pull", compressed=False, excluded=excluded)
        try:
            with way.to(target) as environment:
                return piping.pipe(way.server, dump, Target(target.database, environment), Lines(), moved)
        except LocalkuError as error:
            raise LocalkuError(error.message, f"{_left(way, target)}\n{error.hint}".strip()) from error
        except KeyboardInterrupt:
            _left(way, target)
            raise


def _left(way: Crossing, target: Foreign) -> str:
    """Say what there is of the target after a failure; what was made for it is taken away."""
    if target.is_local:
        with suppress(LocalkuError), way.to(target, "postgres") as environment:
            way.server.told("dropdb", ("--no-password", "--maintenance-db=postgres", target.database), environment)
            return f"{target.name}, which was made for it, is removed again."
    return f"{target.name} holds a part of it: empty it before you try again."


def _make_or_check(way: Crossing, target: Foreign) -> None:
    if target.is_local:
        with way.to(target, "postgres") as environment:
            way.server.told("createdb", ("--no-password", "--maintenance-db=postgres", target.database), environment)
    elif _asked(way, target, _TABLES) != "0":
        raise LocalkuError(
            f"{target.name} is not empty.", "Name an empty database, or one that is not there yet.", kind=Kind.CONFLICT
        )


def _asked(way: Crossing, foreign: Foreign, sql: str) -> str:
    with way.to(foreign) as environment:
        return way.server.told("psql", ("-qAtX", "--no-password", "-c", sql), environment)
