"""`--watch`: build and release again when the source changes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from localku.errors import LocalkuError

SETTLE = 0.4
"""Seconds without a further change before a build starts: an editor saves in several steps."""

IGNORED = ("/.git/", "/__pycache__/", "/node_modules/", "/.venv/")


@contextlib.contextmanager
def watching(context: Any, app: Any, *, enabled: bool, offline: bool) -> Iterator[None]:
    """Watch the app's folder while the block runs."""
    if not enabled:
        yield
        return
    from watchdog.observers import Observer

    changed, stop = threading.Event(), threading.Event()
    observer = Observer()
    observer.schedule(_handler(changed), str(app.root), recursive=True)
    observer.start()
    builder = threading.Thread(target=_rebuild, args=(context, app, changed, stop, offline), daemon=True)
    builder.start()
    try:
        yield
    finally:
        stop.set()
        changed.set()
        observer.stop()
        observer.join()
        builder.join()


def _handler(changed: threading.Event) -> Any:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler

    class Handler(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:
            read_only = event.event_type in {"opened", "closed_no_write"}
            if not read_only and not any(part in f"{event.src_path!s}/" for part in IGNORED):
                changed.set()

    return Handler()


def _rebuild(context: Any, app: Any, changed: threading.Event, stop: threading.Event, offline: bool) -> None:  # noqa: FBT001
    from localku.cli.commands.build import Transcript
    from localku.cli.diagnosing import examined, explain
    from localku.cli.terminal import note, show_error
    from localku.platform import build as verb

    while True:
        changed.wait()
        while not stop.is_set() and _again(changed):
            pass
        if stop.is_set():
            return
        transcript, findings = Transcript(to_stderr=True), []
        try:
            with examined(context, app) as findings:
                outcome = verb.build(context, app, transcript, transcript.progress, verb.Options(offline=offline))
        except LocalkuError as error:
            show_error(error)
            explain(findings)
            continue
        if outcome.built:
            note(f"v{outcome.release.version} takes over")


def _again(changed: threading.Event) -> bool:
    changed.clear()
    return changed.wait(SETTLE)
