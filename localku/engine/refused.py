"""An answer of the engine that is none."""

from __future__ import annotations


class Refused(Exception):
    """The engine's answer to a question of `direct_api.py`, of HTTP status 400 or more."""

    def __init__(self, status: int, explanation: str) -> None:
        super().__init__(explanation)
        self.status = status
        self.explanation = explanation
