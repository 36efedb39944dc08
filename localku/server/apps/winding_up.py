"""The end of an app that ran: what is left when its dynos have ended stops too."""

from __future__ import annotations

from localku.context import Context
from localku.engine.engine_errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.platform import housekeeping
from localku.platform.addons import addon_servers
from localku.platform.dynos import detached_end
from localku.records import App
from localku.telling import Say


def wind_up(context: Context, app: App, say: Say) -> None:
    """Stop all that is left when the dynos have ended; what cannot be done is told, and keeps nothing else from it."""
    told: set[str] = set()
    for step in (
        detached_end.end_detached,
        addon_servers.stop,
        housekeeping.sweep,
    ):
        try:
            step(context, app)
        except EngineUnavailable:
            return  # the supervisor has told it
        except LocalkuError as error:
            if error.message not in told:
                told.add(error.message)
                say(f" !     {error.message}")
