"""Has the server get ready while a command that will need it does something else."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from localku.control import server_program, starting

if TYPE_CHECKING:
    from localku.context import Context
    from localku.control.server_client import Client


class EarlyServer(threading.Thread):
    """Finds the server, or starts it, from now on. A bare thread, for to import a pool takes longer."""

    def __init__(self, context: Context) -> None:
        super().__init__(name="server")
        self._context = context
        self._found: Client | None = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._found = starting.server(self._context)
        except BaseException as error:  # noqa: BLE001 - raised where somebody asks for what was found
            self._error = error
        finally:
            server_program.forgo(self._context.home)

    def client(self) -> Client:
        """The connection that was found, once; then new ones. Raise what has kept the server from being there."""
        self.join()
        error, self._error = self._error, None
        if error is not None:
            raise error
        found, self._found = self._found, None
        return found or starting.server(self._context)
