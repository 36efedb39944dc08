"""Commands of Heroku's CLI that localku knows by name and does not have: each says why, in one sentence."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from localku.errors import CLIENT, Kind, LocalkuError

if TYPE_CHECKING:
    import click

_COPY = f"`{CLIENT} pg:copy` copies one database into another"
_CREDENTIALS = "A database has one credential here, `default`, as on Heroku's essential plans."
_SETTINGS = "The settings of a server cannot be changed here."
_LINKS = "There are no links between databases here: `CREATE SERVER` with postgres_fdw connects them."
_UPGRADE = f"A database keeps its version here: create one with `-- --version N`, and {_COPY}."
_MAINTENANCE = "A database has no maintenance here: there is no window, and nothing is due."
_STORE = "There is no Key-Value Store here yet."

_SENTENCES = {
    "pg:connection-pooling": "There is no connection pooling here: connect to the database itself.",
    "pg:credentials": _CREDENTIALS,
    "pg:fdwsql": _LINKS,
    "pg:links": _LINKS,
    "pg:maintenance": _MAINTENANCE,
    "pg:settings": _SETTINGS,
    "pg:stats-reset": "The statistics of a server are not reset here, as on Heroku's essential plans.",
    "pg:unfollow": "There are no followers here: every database stands for itself.",
    "pg:upgrade": _UPGRADE,
    "data:maintenances": _MAINTENANCE,
    "data:pg": "There are no Advanced-tier databases here: the commands that begin with `pg:` are for the others.",
    "redis": _STORE,
}
"""By the beginning of the command's name, up to a colon."""


def sentence(name: str) -> str | None:
    """What the command says; None for one that is none of these."""
    parts = name.replace("_", "-").split(":")
    beginnings = (":".join(parts[:number]) for number in range(len(parts), 0, -1))
    return next((_SENTENCES[one] for one in beginnings if one in _SENTENCES), None)


def command(name: str) -> click.Command | None:
    """A command that takes anything and says its sentence; None where it has none."""
    found = sentence(name)
    if found is None:
        return None
    import click

    return click.Command(
        name,
        callback=partial(_refuse, found),
        params=[click.Argument(["words"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True},
        help=found,
        add_help_option=False,
    )


def _refuse(found: str, words: tuple[str, ...]) -> None:  # noqa: ARG001 - whatever they are
    raise LocalkuError(found, kind=Kind.INVALID)
