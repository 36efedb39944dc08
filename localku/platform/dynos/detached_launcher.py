"""Starts the process that looks after a detached dyno.

It is neither the client, which may end at once, nor the app's supervisor, which runs only while the app is up.
Killed with -9, it is started again by whoever finds its dyno without one: `ps`, `run`, `up`.
"""

from __future__ import annotations

import os
import subprocess
import sys

from localku.context import Context
from localku.store.records import App

MODULE = "localku.supervisor.detached_runner"


def launch(context: Context, app: App, dyno: str) -> None:
    """Start a runner for the dyno and do not wait for it. A dyno that has one already keeps that one."""
    with (context.store.folder(app) / "keepers.log").open("ab") as output:
        subprocess.Popen(
            [sys.executable, "-m", MODULE, app.uuid, dyno],
            cwd=context.home,
            env={**os.environ, "LOCALKU_HOME": str(context.home)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
