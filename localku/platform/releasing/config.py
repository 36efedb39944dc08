"""Config vars: the release every change makes."""

from __future__ import annotations

from collections.abc import Mapping

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform.releasing import config_vars, release
from localku.platform.releasing.release_phase import RELEASE_PHASE
from localku.records import App, Release
from localku.telling import Say


def change(
    context: Context,
    app: App,
    changes: Mapping[str, str | None],
    say: Say | None = None,
    *,
    over_attachments: bool = False,
) -> Release:
    """Set and unset config vars and release the result; the supervisor restarts the dynos.

    Those of attachments are the add-ons' own, and refused unless somebody says `over_attachments`.

    A var that is set to the value it has makes a release too. Where the release phase fails, the vars
    stay set and the dynos go on with the release before.
    """

    def checked(existing: Mapping[str, str]) -> Mapping[str, str | None]:
        config_vars.check(existing, changes)
        if not over_attachments:
            _refuse_attached(context, app, changes)
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


def _refuse_attached(context: Context, app: App, changes: Mapping[str, str | None]) -> None:
    attached = sorted({one.config_var for one in context.store.attachments.of(app)} & changes.keys())
    if attached:
        raise LocalkuError(
            f"Cannot overwrite attachment values {', '.join(attached)}.",
            f"`{CLIENT} addons:detach` takes one away; `{CLIENT} pg:promote` makes another database DATABASE_URL.",
            kind=Kind.INVALID,
            resource="config-vars",
        )


def describe(changes: Mapping[str, str | None]) -> str:
    """Heroku's description of the release: `Set A, B config vars`."""
    verbs = {
        "Set": [name for name, value in changes.items() if value is not None],
        "Unset": [name for name, value in changes.items() if value is None],
    }
    return ", ".join(f"{verb} {', '.join(names)} config vars" for verb, names in verbs.items() if names)
