"""An app that is up as long as somebody holds this: over the death of the process that serves it, too."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from localku.errors import LocalkuError

if TYPE_CHECKING:
    from localku.control.messages import Bring
    from localku.control.server_client import Client
    from localku.signal_event import SignalEvent
    from localku.telling import Say


class HeldLease:
    """A lease of the app that `order` names, and the thread that listens to the server meanwhile."""

    def __init__(
        self,
        server: Callable[[], Client],
        order: Bring,
        still_wanted: Callable[[], bool],
        say: Say,
        done: SignalEvent,
    ) -> None:
        """`server` connects to it, and starts it where there is none; `done` is set when the app has ended.

        `still_wanted` tells a server that has ended from an app that has. `attached`: somebody else keeps the app up,
        and nothing is held.
        """
        self._server, self._order, self._still_wanted, self._say = server, order, still_wanted, say
        self._done = done
        self._error: LocalkuError | None = None
        self._leaving = False
        self.over = threading.Event()
        self._client = server()
        self.attached = self._client.bring(order, say).attached
        if self.attached:
            self._client.close()
            return
        threading.Thread(target=self._listen, name="lease", daemon=True).start()

    def let_go(self) -> None:
        """Have the app stop; `over` is set when it has."""
        self._leaving = True
        try:
            self._client.let_go()
        except LocalkuError:
            self._client.close()  # the server is gone: the listening thread finds that out

    def close(self) -> None:
        """Raise what has kept the app from stopping, if anything has."""
        self._client.close()
        if self._error is not None:
            raise self._error

    def _listen(self) -> None:
        try:
            self._client.follow(self._say)
            while self._still_wanted():
                self._client = self._server()
                if self._leaving:  # it was killed meanwhile, or cannot write down that the app is to stop
                    self._client.take_down(self._order.app, self._say)
                    break
                if self._client.bring(self._order, self._say).attached:
                    break
                self._client.follow(self._say)
        except LocalkuError as error:
            self._error = error
        finally:
            self.over.set()
            self._done.set()
