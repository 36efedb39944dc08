"""What `heroku[web.1]` says, to the letter, and how it is read back.

Dev Center, "Dyno Lifecycle", "Heroku Error Codes".
"""

from __future__ import annotations

import re

STOPPING = "Stopping all processes with SIGTERM"
STOPPING_HARD = "Stopping process with SIGKILL"
RESTARTING = "Restarting"
CYCLING = "Cycling"
IDLING = "Idling"
UNIDLING = "Unidling"
AWAITING = "Awaiting client"
R10 = "Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 60 seconds of launch"
R12 = "Error R12 (Exit timeout) -> Process failed to exit within 30 seconds of SIGTERM"
R14 = "Error R14 (Memory quota exceeded)"
R15 = "Error R15 (Memory quota vastly exceeded)"
R16 = (
    "Error R16 (Detached) -> An attached process is not responding to SIGHUP after its external connection was closed."
)
HANGUP = "Client connection closed. Sending SIGHUP to all processes"

_STARTING, _END = "Starting process with command `", "`"
_CHANGED = re.compile(r"State changed from (\w+) to (\w+)", re.ASCII)
_EXITED = re.compile(r"Process exited with status (\d{1,3})\b", re.ASCII)
_ERROR = re.compile(r"Error (R\d\d) \(", re.ASCII)


def starting(command: str) -> str:
    return f"{_STARTING}{command}{_END}"


def parse_starting(message: str) -> str | None:
    """Read back the command that `starting` told."""
    if not message.startswith(_STARTING):
        return None
    return message.removeprefix(_STARTING).removesuffix(_END)


def changed(before: str, after: str) -> str:
    return f"State changed from {before} to {after}"


def parse_changed(message: str) -> tuple[str, str] | None:
    """Read back the states before and after that `changed` told."""
    found = _CHANGED.fullmatch(message)
    return (found[1], found[2]) if found else None


def exited(status: int) -> str:
    return f"Process exited with status {status}"


def parse_exited(message: str) -> int | None:
    """Read back the status that `exited` told."""
    found = _EXITED.match(message)
    return int(found[1]) if found else None


def parse_error(message: str) -> str:
    """Read back the code of a line such as `R14`; empty if it tells of no error."""
    found = _ERROR.match(message)
    return found[1] if found else ""
