"""A release: slug plus config vars, numbered, and in force only when its release phase has succeeded.

Whoever makes a release with a phase holds the release's lock until the phase is over. A release that is
`pending` while nobody holds its lock belongs to a localku that was killed: `settle` marks it failed.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.errors import CLIENT, LocalkuError
from localku.logs import api_lines
from localku.platform import formation, oneoff, release_output
from localku.platform.formation import PHASE
from localku.platform.oneoff import Say
from localku.store.records import App, Release, Slug
from localku.store.releases_table import FAILED, PENDING, SUCCEEDED


class ReleaseFailed(LocalkuError):
    """The release command exited with another status than 0; the release before stays in force."""


def release(context: Context, app: App, slug: Slug | None, description: str, say: Say | None = None) -> Release:
    """Number a new release of the slug with the config vars as they are now, and run its release phase."""
    settle(context, app)
    with ExitStack() as until_done:
        with locks.waited(_numbering(context, app)):
            config, now = context.store.apps.config(app), context.clock.now()
            made = context.store.releases.add(app, slug, config, description, PENDING, now)
            until_done.enter_context(locks.held(_lock(context, app, made), f"v{made.version} is being released."))
        _tell_log(context, app, description)
        if slug is not None and PHASE in slug.process_types:
            _phase(context, app, made, slug, say or _to_stderr)
        context.log(app).write("app", "api", api_lines.release_created(made.version, "localku"))
        _end(context, app, made, SUCCEEDED)
    return context.store.releases.version(app, made.version)


def settle(context: Context, app: App) -> None:
    """Mark as failed the releases whose localku was killed in their release phase."""
    if not _pending(context, app):
        return
    with locks.waited(_numbering(context, app)):
        for left in _pending(context, app):
            let_go = locks.holder(_lock(context, app, left)) is None
            # whoever comes to the end says how before letting go, so only now the status tells
            if let_go and context.store.releases.version(app, left.version).status == PENDING:
                _fail(context, app, left)


def _phase(context: Context, app: App, made: Release, slug: Slug, say: Say) -> None:
    _tell_log(context, app, f"Running release v{made.version} commands")
    say("Running release command...")
    dyno = oneoff.order(PHASE, PHASE, made, slug, size=formation.size_of(context, app, PHASE))
    try:
        with release_output.Output(context, app, made.version) as output:
            status = oneoff.run_logged(context, app, dyno, say, output.write)
    except BaseException:
        _fail(context, app, made)
        raise
    if status != 0:
        _fail(context, app, made)
        raise ReleaseFailed(
            f"Release v{made.version} failed: its release command `{dyno.command}` exited with status {status}.",
            "The previous release stays current; config vars keep their new values.\n"
            f"`{CLIENT} releases:output v{made.version} -a {app.name}` shows what the command printed.",
        )


def _fail(context: Context, app: App, made: Release) -> None:
    _tell_log(context, app, f"Release v{made.version} command failed")
    _end(context, app, made, FAILED)


def _end(context: Context, app: App, made: Release, status: str) -> None:
    context.store.releases.set_status(made, status)
    _lock(context, app, made).unlink(missing_ok=True)


def _pending(context: Context, app: App) -> tuple[Release, ...]:
    return tuple(one for one in context.store.releases.all(app) if one.status == PENDING)


def _lock(context: Context, app: App, made: Release) -> Path:
    return release_output.folder(context, app) / f"v{made.version}.lock"


def _numbering(context: Context, app: App) -> Path:
    """Held for the moment between a release's number and its lock."""
    return release_output.folder(context, app) / "numbering.lock"


def _tell_log(context: Context, app: App, what: str) -> None:
    context.log(app).write("app", "api", f"{what} by user localku")


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
