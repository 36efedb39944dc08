"""Has the server's program get ready before a command that will probably need it has imported its own parts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from localku import locks, paths
from localku.control import owner, server_program
from localku.control.ending import server_lock
from localku.errors import LocalkuError

WITHOUT = {"--help", "-h", "--in-background"}
"""With these, `up` needs none."""


def begin(arguments: Sequence[str]) -> None:
    """Begin it where no server runs, for a command with these arguments; what is wrong is told where it is needed."""
    if WITHOUT.intersection(arguments):
        return
    with suppress(LocalkuError, OSError):
        home = paths.home()
        owner.check(home)
        if locks.holder(server_lock(home)) is None:
            server_program.begin(home)
