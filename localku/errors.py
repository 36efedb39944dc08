"""The one error type a user of localku ever sees, and how its texts name the program that user works with."""

from __future__ import annotations

import errno
from enum import StrEnum

CLIENT = "\ufdd0"
"""Stands in every text for the program the reader uses: `f"{CLIENT} ps:stop run"`. A noncharacter, which Unicode
(23.7) reserves for a program's internal use; `worded` puts the name in its place."""

OURS = frozenset({"build", "chaos", "chaos:off", "chaos:on", "doctor", "down", "pg:quota", "reset-fs", "up"})
"""Commands that Heroku's CLI does not have: whichever program is used, they are localku's."""


def worded(text: str, program: str = "localku") -> str:
    """Return the text for somebody who uses `program`: `localku`, or `heroku` for Heroku's own CLI."""
    if CLIENT not in text:
        return text
    import re  # not at the start: `localku --version` imports this module

    command = rf"{CLIENT}(?= ([a-z:-]+))?"
    return re.sub(command, lambda found: "localku" if found[1] in OURS else program, text)


class Kind(StrEnum):
    """What is wrong. The values are the ids of Heroku's API (devcenter: Platform API Reference, Error Responses).

    A command makes its exit status of it, an API its HTTP status. `unavailable` and `failed` are our own ids:
    the engine does not answer; something failed that the caller could not know.
    """

    CONFLICT = "conflict"
    FAILED = "failed"
    FORBIDDEN = "forbidden"
    INVALID = "invalid_params"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"


def kind_of(error: OSError) -> Kind:
    """Of what kind an error of the system is."""
    return _OF_THE_SYSTEM.get(error.errno or 0, Kind.FAILED)


_OF_THE_SYSTEM = {
    errno.EACCES: Kind.FORBIDDEN,
    errno.EPERM: Kind.FORBIDDEN,
    errno.EADDRINUSE: Kind.CONFLICT,
    errno.ELOOP: Kind.INVALID,
    errno.ENOTDIR: Kind.INVALID,
}


class LocalkuError(Exception):
    """Something went wrong in a way we can explain.

    `message` says what happened, `hint` what to do about it (may be several lines, may be empty); both name the
    reader's program as CLIENT. `id` is Heroku's for the kind, where none is given, and `resource` says what kind of
    thing it is about, as Heroku's API names it (`app`, `addon`); empty where it is about none.
    """

    kind = Kind.FAILED

    def __init__(
        self, message: str, hint: str = "", *, kind: Kind | None = None, ident: str = "", resource: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.kind = kind or self.kind
        self.id = ident or self.kind.value
        self.resource = resource

    def text(self, program: str = "localku") -> str:
        """All of it in words, for somebody who uses `program`."""
        return worded(f"{self.message}\n{self.hint}".strip(), program)


class Invalid(LocalkuError):
    """What somebody wrote or asked for is wrong: a file of the app, an option, a variable of the environment."""

    kind = Kind.INVALID


def of_the_system(error: OSError) -> LocalkuError:
    """A file or a disk that nobody expected to fail."""
    import tempfile

    where = f"{error.filename}: " if error.filename else ""
    full = error.errno == errno.ENOSPC
    hint = f"Free some space on its disk, or on that of {tempfile.gettempdir()}, and try again." if full else ""
    return LocalkuError(f"{where}{error.strerror}.", hint, kind=kind_of(error))
