"""Passes the events of a deploy on, and their lines to the record of the build while there is one."""

from __future__ import annotations

from localku.platform.deploying import builds
from localku.platform.deploying.deploy_events import Event, Events, Line, Progress
from localku.platform.deploying.deploy_events import transcript as transcribed


class Told:
    """`recording` is the build's while there is one; `said` are the lines before."""

    def __init__(self, events: Events, recording: builds.Recording | None = None) -> None:
        self._events = events
        self.recording = recording
        self.is_recorded = recording is not None
        self.said: list[str] = []

    def __call__(self, event: Event) -> None:
        for line in transcribed(event):
            if self.recording is not None:
                self.recording.write(line)
            elif not self.is_recorded:
                self.said.append(line)
        self._events(event)

    def say(self, line: str) -> None:
        self(Line(line))

    def progress(self, step: str, fraction: float | None) -> None:
        self(Progress(step, fraction))
