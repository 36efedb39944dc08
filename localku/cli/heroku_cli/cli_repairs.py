"""What the article's commands have to be typed as for the CLI of today, and what localku answers in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

RENAMED = {"pg:backups:public-url": "pg:backups:url"}
"""Commands that older versions of the CLI had (github.com/heroku/cli, CHANGELOG)."""

DOWNLOAD = "pg:backups:download"

SPACED = ("pg:backups",)
"""Commands whose own could once stand after a space; today's CLI takes them for no arguments, and lists."""

OF_BACKUPS = frozenset(
    (
        "cancel",
        "capture",
        "delete",
        "download",
        "info",
        "public-url",
        "restore",
        "schedule",
        "schedules",
        "unschedule",
        "url",
    )
)

LOGINS = frozenset(("login", "auth:login"))
LOGOUTS = frozenset(("logout", "auth:logout"))

PSQL = frozenset(("psql", "pg:psql"))
PSQL_VALUES = frozenset(("-a", "--app", "-c", "--command", "-f", "--file", "-r", "--remote", "--credential"))
"""Options of `pg:psql` that take a value."""


@dataclass(frozen=True)
class Repaired:
    """The arguments that the CLI gets, and a line for each thing that was changed in them."""

    arguments: tuple[str, ...]
    notes: tuple[str, ...] = ()


def repaired(arguments: Sequence[str], *, has_input: bool) -> Repaired:
    """`has_input`: standard input is a pipe or a file."""
    given, notes = tuple(arguments), []
    if len(given) > 1 and given[0] in SPACED and given[1] in OF_BACKUPS:
        given = (f"{given[0]}:{given[1]}", *given[2:])
    if given and given[0] in RENAMED:
        given = (RENAMED[given[0]], *given[1:])
    if given[:1] != tuple(arguments[:1]):
        typed = " ".join(arguments[: 2 if arguments[0] in SPACED else 1])
        notes.append(f"`{typed}` is `{given[0]}` in this version of Heroku's CLI.")
    if has_input and given and given[0] in PSQL and _names_no_database(given[1:]):
        given = (given[0], "DATABASE_URL", *given[1:])
        notes.append(
            f"`{given[0]} DATABASE_URL`: without it, Heroku's CLI would take your input for the database's name."
        )
    return Repaired(given, tuple(notes))


def _names_no_database(arguments: Sequence[str]) -> bool:
    """Whether there are only options, none of which says what to run."""
    rest = list(arguments)
    while rest:
        one = rest.pop(0)
        name, equals, _ = one.partition("=")
        if name in {"-c", "--command", "-f", "--file"} or not one.startswith("-"):
            return False
        if name in PSQL_VALUES and not equals and rest:
            rest.pop(0)
    return True
