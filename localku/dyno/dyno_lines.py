"""What `heroku[web.1]` says, to the letter (reference/heroku-runtime.md §1.4, §4)."""

from __future__ import annotations

STOPPING = "Stopping all processes with SIGTERM"
STOPPING_HARD = "Stopping process with SIGKILL"
RESTARTING = "Restarting"
CYCLING = "Cycling"
IDLING = "Idling"
UNIDLING = "Unidling"
R10 = "Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 60 seconds of launch"
R12 = "Error R12 (Exit timeout) -> Process failed to exit within 30 seconds of SIGTERM"
R14 = "Error R14 (Memory quota exceeded)"
R15 = "Error R15 (Memory quota vastly exceeded)"
R16 = (
    "Error R16 (Detached) -> An attached process is not responding to SIGHUP after its external connection was closed."
)
HANGUP = "Client connection closed. Sending SIGHUP to all processes"


def starting(command: str) -> str:
    return f"Starting process with command `{command}`"


def changed(before: str, after: str) -> str:
    return f"State changed from {before} to {after}"


def exited(status: int) -> str:
    return f"Process exited with status {status}"
