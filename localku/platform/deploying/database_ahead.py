"""The server of an app's first database, started while its buildpacks work.

The app's turn to make add-ons is kept all the while, so that nobody else goes on with what is not attached yet. The
record comes first: whoever is killed is followed by the next command, which goes on with it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.addons import addon_servers, provisioning
from localku.platform.deploying import first_database
from localku.project.project_files import Project
from localku.records import Addon, App
from localku.telling import Progress


class DatabaseAhead:
    """One server on its way. What goes wrong with it is said when somebody wants it."""

    def __init__(self, context: Context, app: App, addon: Addon, turn: ExitStack) -> None:
        self._context = context
        self._app = app
        self._addon = addon
        self._turn = turn
        self._made: Addon | None = None
        self._failed: BaseException | None = None
        self._progress: Progress | None = None
        self._thread = threading.Thread(target=self._launch, name="database-ahead")
        self._thread.start()

    @property
    def ident(self) -> int:
        return self._addon.id

    def is_of(self, plan: str) -> bool:
        """Whether it is what was asked for."""
        return self._context.service(self._addon.service).plan(plan).name == self._addon.plan

    def attach(self, progress: Progress) -> None:
        """Wait for the server, and release its config var; raise what its start failed with."""
        self._progress = progress
        self._thread.join()
        if self._made is None:
            raise self._failed or LocalkuError(f"{self._addon.name} could not be started.")
        provisioning.attach_made(self._context, self._app, self._made)
        provisioning.complete(self._context, self._app, self._made)

    def end(self) -> None:
        """Wait for it, take away what was not attached, and give up the turn."""
        with self._turn:
            self._thread.join()
            known = {one.id for one in self._context.store.addons.of(self._app) if not one.port}
            if self._addon.id in known:
                provisioning.abandon(self._context, self._app, self._addon)

    def _launch(self) -> None:
        try:
            self._made = addon_servers.launch(self._context, self._app, self._addon, self._tell)
        except BaseException as error:  # noqa: BLE001 - raised again where the server is wanted
            self._failed = error

    def _tell(self, step: str, fraction: float | None) -> None:
        if self._progress is not None:
            self._progress(step, fraction)


@contextmanager
def begun(context: Context, app: App, project: Project) -> Iterator[DatabaseAhead | None]:
    """Start the server that `first_database` will want as far as the source tells; None where it tells of none."""
    ahead = _started(context, app, project)
    try:
        yield ahead
    finally:
        if ahead is not None:
            ahead.end()


def _started(context: Context, app: App, project: Project) -> DatabaseAhead | None:
    with suppress(LocalkuError), ExitStack() as turn:  # whoever wants a database later is told why there is none
        wanted = first_database.needed(context, app, project, ())
        if wanted is not None and not context.store.addons.of(app) and _is_quick(context, wanted.plan):
            turn.enter_context(provisioning.provisioning(context, app))
            addon = provisioning.recorded(context, app, provisioning.Wish(wanted.plan))
            return DatabaseAhead(context, app, addon, turn.pop_all())
    return None


def _is_quick(context: Context, plan: str) -> bool:
    """Whether the server's image is there: nobody who breaks a build off waits until one has been made."""
    return bool(context.service(plan.partition(":")[0]).version_there(context.engine))
