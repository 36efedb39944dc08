"""A release: slug plus config vars, numbered, and in force only when its release phase has succeeded."""

from __future__ import annotations

import sys
from collections.abc import Callable

from localku.errors import LocalkuError
from localku.logs.assembler import Assembler
from localku.platform import oneoff
from localku.platform.context import Context
from localku.store.records import App, Release, Slug
from localku.store.releases import FAILED, PENDING, SUCCEEDED

PHASE = "release"
"""The process type that runs before a release takes effect, and is never scaled."""


class ReleaseFailed(LocalkuError):
    """The release command exited with another status than 0; the release before stays in force."""


def release(
    context: Context, app: App, slug: Slug | None, description: str, say: Callable[[str], None] | None = None
) -> Release:
    """Number a new release of the slug with the config vars as they are now, and run its release phase."""
    command = slug.process_types.get(PHASE) if slug else None
    made = context.store.releases.add(
        app,
        slug,
        context.store.apps.config(app),
        description,
        PENDING if command else SUCCEEDED,
        context.clock.now(),
    )
    log = context.log(app)
    log.write("app", "api", f"{description} by user localku")
    log.write("app", "api", f"Release v{made.version} created by user localku")
    if command and slug:
        _phase(context, app, made, slug, say or _to_stderr)
    return context.store.releases.version(app, made.version)


def _phase(context: Context, app: App, made: Release, slug: Slug, say: Callable[[str], None]) -> None:
    context.log(app).write("app", "api", f"Running release v{made.version} commands by user localku")
    say("Running release command...")
    dyno, lines = oneoff.order(PHASE, PHASE, made, slug), Assembler()
    try:
        status = oneoff.run_logged(context, app, dyno, lambda chunk: _tell(say, lines.feed(chunk)))
        _tell(say, lines.flush())
    except BaseException:
        context.store.releases.set_status(made, FAILED)
        raise
    if status == 0:
        context.store.releases.set_status(made, SUCCEEDED)
        return
    context.store.releases.set_status(made, FAILED)
    context.log(app).write("app", "api", f"Release v{made.version} command failed")
    raise ReleaseFailed(
        f"Release v{made.version} failed: its release command `{dyno.command}` exited with status {status}.",
        "The release before it stays in force. `localku logs --ps release` shows what the command printed.",
    )


def _tell(say: Callable[[str], None], lines: list[bytes]) -> None:
    for line in lines:
        say(line.decode(errors="replace").rstrip("\r"))


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
