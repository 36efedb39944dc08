"""What the API asks for when data is to be moved: it answers at once, and the client looks how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from localku.errors import LocalkuError


class Action(StrEnum):
    CAPTURE = "capture"
    COPY = "copy"
    RESTORE = "restore"


@dataclass(frozen=True)
class TransferWish:
    """Move data of or to `database` (the UUID of an add-on) of an app (its UUID).

    `source` of a restore is the name of a backup or a URL, of a copy the UUID of another add-on.
    """

    action: Action
    app: str
    database: str
    source: str = ""
    extensions: tuple[str, ...] = ()


Begin = Callable[[TransferWish], str]
"""Has a process of its own do it, and returns the transfer's UUID. Raises LocalkuError where it cannot begin."""


def nowhere(_wish: TransferWish) -> str:
    raise LocalkuError("Nothing can be moved here.")
