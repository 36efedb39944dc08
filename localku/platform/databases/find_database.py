"""Which database the argument DATABASE of a pg command names."""

from __future__ import annotations

from dataclasses import dataclass

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.records import Addon, App, Attachment
from localku.services.postgres import plans

DEFAULT = "DATABASE_URL"
COLOURED = "HEROKU_POSTGRESQL_"


@dataclass(frozen=True)
class Database:
    """An add-on as an app has it: `app` is the app of the attachment, which the add-on may not be billed to."""

    app: App
    addon: Addon
    attachment: Attachment

    @property
    def name(self) -> str:
        """`DATABASE`, as in psql's prompt."""
        return self.attachment.name


def all_of(context: Context, app: App) -> tuple[Database, ...]:
    """The databases that the app has an attachment of, each once, DATABASE_URL's first."""
    found = [
        Database(app, addon, min(addon.on(app.id), key=lambda one: (one.config_var != DEFAULT, one.id)))
        for addon in context.store.addons.attached(app)
        if addon.service == plans.SERVICE
    ]
    return tuple(sorted(found, key=lambda one: (one.attachment.config_var != DEFAULT, one.attachment.id)))


def find(context: Context, app: App, asked: str | None = None) -> Database:
    """Return the database of that name; without one, that of DATABASE_URL.

    A name is that of a config var (`DATABASE_URL`, `HEROKU_POSTGRESQL_RED_URL`), of an attachment (`DATABASE`,
    `HEROKU_POSTGRESQL_RED`, `RED`), or of an add-on, its UUID, or the only one that begins so; maybe after `APP::`.
    Raise LocalkuError, in the words of Heroku's CLI, where that is none or more than one.
    """
    if asked and "::" in asked:
        name, _, asked = asked.partition("::")
        other = context.store.apps.named(name)
        if other is None:
            raise LocalkuError(f"Couldn't find that app: {name}.", kind=Kind.NOT_FOUND, resource="app")
        app = other
    known = all_of(context, app)
    if not known:
        raise LocalkuError(
            f"{app.name} has no databases.",
            f"`{CLIENT} addons:create {plans.SERVICE}` provisions one.",
            kind=Kind.NOT_FOUND,
            resource="add_on attachment",
        )
    if asked is None and len(known) == 1:
        return known[0]
    return _only(app, known, asked or DEFAULT)


def _only(app: App, known: tuple[Database, ...], asked: str) -> Database:
    for candidates in (_by_attachment(known, asked), _by_addon(known, asked), _by_beginning(known, asked)):
        if len({one.addon.id for one in candidates}) > 1:
            names = ", ".join(one.addon.name for one in candidates)
            raise LocalkuError(
                f"Ambiguous identifier; multiple matching add-ons found: {names}.",
                kind=Kind.INVALID,
                ident="multiple_matches",
                resource="add_on",
            )
        if candidates:
            return candidates[0]
    valid = ", ".join(one.config_var for database in known for one in database.addon.on(app.id))
    raise LocalkuError(
        f"Unknown database: {asked}. Valid options are: {valid}",
        kind=Kind.NOT_FOUND,
        resource="add_on attachment",
    )


def _by_attachment(known: tuple[Database, ...], asked: str) -> list[Database]:
    name = asked.upper().removesuffix("_URL")
    wanted = {name, COLOURED + name}
    return [
        Database(database.app, database.addon, one)
        for database in known
        for one in database.addon.on(database.app.id)
        if one.name in wanted
    ]


def _by_addon(known: tuple[Database, ...], asked: str) -> list[Database]:
    return [one for one in known if asked.lower() in {one.addon.name, one.addon.uuid}]


def _by_beginning(known: tuple[Database, ...], asked: str) -> list[Database]:
    return [one for one in known if one.addon.name.startswith(asked.lower()) and asked]
