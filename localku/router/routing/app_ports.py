"""Which app plain `localhost` means at a port: the one whose port it is, else the only one that runs."""

from __future__ import annotations

from localku.records import App


class Ports:
    """All apps by the ports that are theirs."""

    def __init__(self) -> None:
        self._of: dict[str, int | None] = {}
        self._running: set[str] = set()

    def add(self, app: App) -> None:
        """Have an app that is not there answer on its port."""
        self._of[app.uuid] = app.port
        if app.shall_run:
            self._running.add(app.uuid)

    def remove(self, uuid: str) -> None:
        self._of.pop(uuid, None)
        self._running.discard(uuid)

    def app_of(self, port: int) -> str | None:
        """Return the UUID of the app: one that runs before one that does not, None where it may be either of two."""
        owners = [uuid for uuid, own in self._of.items() if own == port]
        for candidates in ([uuid for uuid in owners if uuid in self._running], owners, [*self._running]):
            if len(candidates) == 1:
                return candidates[0]
        return None
