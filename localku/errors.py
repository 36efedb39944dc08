"""The one error type a user of localku ever sees."""

from __future__ import annotations


class LocalkuError(Exception):
    """Something went wrong in a way we can explain.

    `message` says what happened, `hint` what to do about it (may be several
    lines, may be empty) and `status` is the exit status of the command.
    """

    def __init__(self, message: str, hint: str = "", *, status: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status
