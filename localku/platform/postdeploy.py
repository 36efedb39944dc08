"""`scripts.postdeploy` of app.json: once, after the first release with code (reference/heroku-runtime.md §9.4)."""

from __future__ import annotations

import shlex

from localku.context import Context
from localku.errors import CLIENT
from localku.platform import oneoff
from localku.platform.oneoff import Say
from localku.slugs import transcript
from localku.store.records import App, Release, Slug

NAME = "postdeploy"


def run(context: Context, app: App, release: Release, slug: Slug, say: Say) -> None:
    """Run the command that waits for this release, if one does. A failure is told and undoes nothing.

    It is forgotten before it starts: a command that fills a database must not run a second time by itself.
    """
    command = context.store.apps.take_postdeploy(app)
    if command is None:
        return
    transcript.step(say, f"Running {NAME} command of app.json...")
    dyno = oneoff.order("run", command, release, slug)
    status = oneoff.run_logged(context, app, dyno, lambda line: transcript.detail(say, line))
    if status != 0:
        transcript.warning(
            say, f"The {NAME} command `{command}` exited with status {status}. The release stays current."
        )
        transcript.warning(say, f"To run it again: {CLIENT} run -a {app.name} {shlex.quote(command)}")
