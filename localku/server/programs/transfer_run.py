"""A backup, a restore or a copy that a client of the API has asked for: a program of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from localku.api.background_transfers import Action, TransferWish
from localku.context import Context
from localku.platform import apps
from localku.platform.backups import archives, capturing, copying, database_argument, restores
from localku.server.programs import background_program
from localku.server.programs.background_program import Answer
from localku.transfer_records import Transfer

NAME = "localku.server.programs.transfer_run"


def begin(home: Path, wish: TransferWish) -> str:
    """Start the program, and return the transfer's UUID. Raises LocalkuError as it does."""
    return str(background_program.started(home, NAME, asdict(wish))["uuid"])


def _serve(context: Context, asked: Mapping[str, object], answer: Answer) -> None:
    extensions = asked["extensions"]
    wish = TransferWish(
        Action(str(asked["action"])),
        str(asked["app"]),
        str(asked["database"]),
        str(asked["source"]),
        tuple(map(str, extensions)) if isinstance(extensions, list) else (),
    )

    def moved(transfer: Transfer, _count: int) -> None:
        answer.give({"uuid": transfer.id})

    app = apps.identified(context, wish.app)
    found = database_argument.find(context, app, wish.database)
    match wish.action:
        case Action.CAPTURE:
            capturing.capture(context, found.app, found.addon, found.name, moved=moved)
        case Action.RESTORE:
            source = archives.find(context, app, wish.source)
            restores.restore(
                context, found.app, found.addon, found.name, source, extensions=wish.extensions, moved=moved
            )
        case Action.COPY:
            giving = database_argument.find(context, app, wish.source)
            copying.copy(context, giving, found, moved, lambda _: None)


if __name__ == "__main__":
    background_program.be("transfer", _serve)
