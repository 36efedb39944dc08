"""`scripts.postdeploy` of app.json: once, after the first release with code (Dev Center, "app.json Schema")."""

from __future__ import annotations

import shlex

from localku.context import Context
from localku.errors import CLIENT
from localku.platform.dynos import oneoff, oneoff_order
from localku.project.app_json import POSTDEPLOY
from localku.records import App
from localku.slugs import transcript
from localku.telling import Say


def run(context: Context, app: App, say: Say) -> None:
    """Run the command that waits for the first release with code, if one does. A failure is told and undoes nothing.

    It is forgotten before it starts: a command that fills a database must not run a second time by itself.
    """
    command = context.store.apps.take_postdeploy(app)
    if command is None:
        return
    transcript.step(say, f"Running {POSTDEPLOY} command of app.json...")
    dyno = oneoff_order.order(context, app, "run", command, say=say)
    status = oneoff.run_logged(context, app, dyno, lambda line: transcript.detail(say, line))
    if status != 0:
        transcript.warning(
            say, f"The {POSTDEPLOY} command `{command}` exited with status {status}. The release stays current."
        )
        transcript.warning(say, f"To run it again: {CLIENT} run -a {app.name} {shlex.quote(command)}")
