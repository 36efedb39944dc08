"""Whether somebody still waits for a push: the hook inherits a pipe that the server closes when the client has gone."""

from __future__ import annotations

import os
import select
from collections.abc import Mapping

from localku.errors import Kind, LocalkuError

PIPE = "LOCALKU_PUSHER"
"""Names the end to read from in the hook's environment."""


class Pusher:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._pipe = int(environ[PIPE]) if PIPE in environ else None

    def check(self) -> None:
        """Raises LocalkuError where nobody waits any more."""
        if self._pipe is not None and select.select([self._pipe], [], [], 0)[0] and not os.read(self._pipe, 1):
            raise LocalkuError("Whoever pushed has gone; nothing was built.", kind=Kind.CONFLICT, resource="build")
