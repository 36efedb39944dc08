"""`up --detach --watch`: a process of its own that builds at each change, until the app goes down."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App

LOOK = 1.0
"""Seconds between two looks at whether the app is up."""


def start(context: Context, app: App, *, offline: bool) -> None:
    """Start it; what it prints goes to a small file in the app's folder."""
    from localku.platform.dynos.running import watch_log

    command = [sys.executable, "-m", "localku", "up", "--app", app.name, "--watch", "--in-background"]
    with os.fdopen(os.open(watch_log(context, app), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as file:
        subprocess.Popen(
            [*command, *["--offline"] * offline],
            cwd=app.root,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )


def run(context: Context, app: App, *, offline: bool) -> None:
    """Be that process."""
    from localku.cli.background import small_output
    from localku.cli.watching import watching
    from localku.platform.dynos import running

    with small_output(), watching(context, app, enabled=True, offline=offline):
        while running.shall_run(context, app):
            time.sleep(LOOK)
