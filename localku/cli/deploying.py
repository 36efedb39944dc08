"""A deploy on the terminal: its output, and why it failed."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from localku.cli import build_steps
from localku.cli.terminal import Progress, note, say
from localku.platform.deploying import deploy_events

if TYPE_CHECKING:
    from localku.context import Context
    from localku.doctor.finding import Finding
    from localku.platform.deploying.deploy_events import Event
    from localku.records import App


class Transcript:
    """Takes the events of a deploy: prints the build output live, or keeps it for when it is wanted.

    `lines` is all of it, `findings` what the doctor makes of a build or a release command that failed.
    """

    def __init__(self, context: Context, app: App, *, quiet: bool = False, to_stderr: bool = False) -> None:
        self.lines: list[str] = []
        self.findings: list[Finding] = []
        self.progress = Progress()
        self.steps = build_steps.Steps(before=build_steps.seconds_since_start())
        self._context = context
        self._app = app
        self._quiet = quiet
        self._print = note if to_stderr else say

    def __call__(self, event: Event) -> None:
        self.steps(event)
        if isinstance(event, deploy_events.Progress):
            self.progress(event.step, event.fraction)
        elif isinstance(event, deploy_events.Failed):
            from localku.cli.diagnosing import of_build

            self.findings += of_build(self._context, self._app, event.error)
        for line in deploy_events.transcript(event):
            self.lines.append(line)
            if not self._quiet:
                self.progress.clear()
                self._print(line)

    def live(self) -> AbstractContextManager[None]:
        """While the block runs, show on a terminal what a step does that prints nothing."""
        return self.steps.shown(self.progress) if sys.stderr.isatty() and not self._quiet else nullcontext()

    def reveal(self) -> None:
        """Print what was kept."""
        for line in self.lines:
            note(line)
