"""Carries what the servers of an app's databases print into its log, while the app is up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from localku.engine import labels
from localku.engine.engine_errors import NotFound
from localku.platform.addons import addon_servers
from localku.platform.databases import find_database
from localku.services.postgres import plans
from localku.supervisor.output.database_rows import DatabaseRows

if TYPE_CHECKING:
    from localku.context import Context
    from localku.engine.containers import Container
    from localku.platform.databases.find_database import Database
    from localku.records import App
    from localku.supervisor.dynos.dyno_process import Output
    from localku.supervisor.output.rows import MakeRows, RowMaker


class Hear(Protocol):
    def __call__(self, container: str, make: MakeRows) -> Output:
        """Make what carries a container's output behind what the log has of it."""


class DatabaseLogs:
    """Of those that are billed to the app: what another app attaches is that app's to hear."""

    def __init__(self, context: Context, app: App, hear: Hear) -> None:
        self._context = context
        self._app = app
        self._hear = hear
        self._heard: dict[int, Output] = {}

    def look(self) -> None:
        """Listen to each that runs and that nobody listens to."""
        for database in find_database.all_of(self._context, self._app):
            addon = database.addon
            heard = self._heard.get(addon.id)
            if addon.app_id != self._app.id or not addon.port or (heard is not None and not heard.over.is_set()):
                continue
            container = self._running(database)
            if container is not None:
                self._heard[addon.id] = self._hear(container.id, partial(_rows, _name(container, database), addon.plan))
                self._heard[addon.id].start()

    def _running(self, database: Database) -> Container | None:
        try:
            found = self._context.engine.containers.inspect(addon_servers.container(database.addon))
        except NotFound:
            return None
        return found if found.running else None


def _name(container: Container, database: Database) -> str:
    """The attachment's when the server was started: as long as it runs, rows are to be the same."""
    return container.labels.get(labels.ATTACHMENT, database.name)


def _rows(name: str, plan: str, _proc: str) -> RowMaker:
    """Standard plans and those above have all that their servers say, as on Heroku; the small ones have none there."""
    return DatabaseRows(name, trouble_only=plans.named(plan).is_essential)
