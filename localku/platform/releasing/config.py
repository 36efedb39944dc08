"""Config vars: the release every change makes."""

from __future__ import annotations

from collections.abc import Mapping

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform.releasing import config_vars, release
from localku.platform.releasing.release_phase import RELEASE_PHASE
from localku.records import App, Release
from localku.telling import Say


def change(context: Context, app: App, changes: Mapping[str, str | None], say: Say | None = None) -> Release:
    """Set and unset config vars and release the result; the supervisor restarts the dynos.

    A var that is set to the value it has makes a release too. Where the release phase fails, the vars
    stay set and the dynos go on with the release before.
    """

    def checked(existing: Mapping[str, str]) -> Mapping[str, str | None]:
        config_vars.check(existing, changes)
        missing = [name for name, value in changes.items() if value is None and name not in existing]
        if missing and all(value is None for value in changes.values()):
            raise LocalkuError(
                f"There is no config var {', '.join(missing)} on {app.name}.",
                kind=Kind.NOT_FOUND,
                resource="config-vars",
            )
        return changes

    checked(context.store.apps.config(app))  # before anybody waits
    return release.make(context, app, phase=RELEASE_PHASE, config=checked, description=describe(changes), say=say)


def describe(changes: Mapping[str, str | None]) -> str:
    """Heroku's description of the release: `Set A, B config vars`."""
    verbs = {
        "Set": [name for name, value in changes.items() if value is not None],
        "Unset": [name for name, value in changes.items() if value is None],
    }
    return ", ".join(f"{verb} {', '.join(names)} config vars" for verb, names in verbs.items() if names)
