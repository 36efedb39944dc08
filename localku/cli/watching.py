"""`--watch`: build and release again when the source changes."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from localku.errors import LocalkuError

if TYPE_CHECKING:
    from watchdog.events import FileSystemEventHandler

    from localku.context import Context
    from localku.project.sources.source_watch import SourceWatch
    from localku.records import App

SAVED, SETTLE = 0.1, 0.4
"""Seconds without a further change before a build starts: after one save, which editors make in several steps, and
after more than that, as when git checks out another branch."""

FEW = 3
"""Paths that one save may touch: the file, and what an editor writes beside it before."""

READY = 1.0
"""Seconds after which a container is made that waits for the first build: until then the app starts."""

MOST = 5.0
"""Seconds after which it starts all the same: a log may never stop changing."""

SOON = 1.0
"""Seconds after a build within which a change may have been made while it was on: the system tells it later."""

IGNORED = ("/.git/", "/__pycache__/", "/node_modules/", "/.venv/")
OWN_OUTPUT = (1, 2)

TAKEN_OVER = frozenset({".env"})
"""What is in no source and is deployed all the same: its values become config vars."""


@contextlib.contextmanager
def watching(context: Context, app: App, *, enabled: bool, offline: bool) -> Iterator[None]:
    """Watch the app's folder while the block runs."""
    root = app.root
    if not enabled or root is None:
        yield
        return
    from watchdog.observers import Observer

    from localku.project.sources.source_watch import SourceWatch

    changes = Changes(root, context.home)
    observer = Observer()
    observer.schedule(changes.handler(), str(root), recursive=True)
    observer.start()
    builder = threading.Thread(target=_rebuild, args=(context, app, SourceWatch(root), changes, offline), daemon=True)
    builder.start()
    try:
        yield
    finally:
        changes.stop()
        observer.stop()
        observer.join()
        builder.join()


class Changes:
    """Paths below `root` that changed since they were last taken; what localku itself writes does not count.

    `began` is when the first of them did, in monotonic seconds.
    """

    def __init__(self, root: Path, home: Path) -> None:
        self._root = root
        self._home = home.resolve()
        self._paths: set[str] = set()
        self._left_out: set[str] = set()
        self._stopped = False
        self.began = 0.0
        self._change = threading.Condition()

    def handler(self) -> FileSystemEventHandler:
        """For watchdog's observer."""
        from watchdog.events import FileSystemEvent, FileSystemEventHandler

        add = self.add

        class Handler(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                read_only = event.event_type in {"opened", "closed_no_write"}
                if not read_only and not (event.is_directory and event.event_type == "modified"):
                    for path in (event.src_path, event.dest_path):
                        add(os.fsdecode(path))

        return Handler()

    def add(self, path: str) -> None:
        """Note that the file at this absolute path was written, made, moved or taken away."""
        from localku.project.sources.source_watch import is_output_of

        file = Path(path)
        if any(part in f"{path}/" for part in IGNORED) or not file.is_relative_to(self._root):
            return
        name = file.relative_to(self._root).as_posix()
        if name in self._left_out or file.is_relative_to(self._home) or is_output_of(OWN_OUTPUT, file):
            return
        with self._change:
            self.began = self.began if self._paths else time.monotonic()
            self._paths.add(name)
            self._change.notify()

    def leave_out(self, name: str) -> None:
        """From now on this path does not count."""
        self._left_out.add(name)

    def stop(self) -> None:
        with self._change:
            self._stopped = True
            self._change.notify()

    def begin_within(self, seconds: float) -> bool:
        """Wait so long at most; tell if there is a change to take, or no more to wait for."""
        with self._change:
            return bool(self._change.wait_for(lambda: self._paths or self._stopped, seconds))

    def settled(self) -> frozenset[str]:
        """Wait for changes and until there are no more for a while; take them. None at all: it was stopped."""
        with self._change:
            self._change.wait_for(lambda: self._paths or self._stopped)
            last = time.monotonic() + MOST
            while not self._stopped and time.monotonic() < last and self._change.wait(self._rest()):
                continue
            paths = frozenset() if self._stopped else frozenset(self._paths)
            self._paths.clear()
            return paths

    def _rest(self) -> float:
        return SAVED if len(self._paths) <= FEW else SETTLE


def _rebuild(context: Context, app: App, watch: SourceWatch, changes: Changes, offline: bool) -> None:  # noqa: FBT001
    from localku.cli.terminal import note

    if not changes.begin_within(READY):
        _make_ready(context, app, offline=offline)
    built = 0.0
    while paths := changes.settled():
        causes = _causes(watch, paths) | (paths & TAKEN_OVER)
        if not causes:
            continue
        log = watch.growing(causes, at_once=changes.began - built < SOON)
        if log is not None:
            changes.leave_out(log)
            note(f" !     {log} keeps growing and no longer starts builds: list it in .gitignore or .slugignore.")
            continue
        _deploy(context, app, offline=offline)
        built = time.monotonic()


def _make_ready(context: Context, app: App, *, offline: bool) -> None:
    """Save the first build after a change the start of its container."""
    from localku.platform.deploying import build
    from localku.telling import silent

    with contextlib.suppress(LocalkuError):  # what is amiss, the build will say
        build.make_ready(context, app, silent, offline=offline)


def _causes(watch: SourceWatch, paths: frozenset[str]) -> frozenset[str]:
    """Return the changes to build for; where that cannot be told, the build says why."""
    try:
        return frozenset(watch.concerning(paths))
    except LocalkuError:
        return paths


def _deploy(context: Context, app: App, *, offline: bool) -> None:
    from localku.cli.deploying import Transcript
    from localku.cli.diagnosing import explain
    from localku.cli.terminal import note, show_error
    from localku.platform.deploying import deploy as verb
    from localku.platform.deploying import deploy_source
    from localku.platform.deploying.deploy_values import Options

    transcript = Transcript(context, app, to_stderr=True)
    options = Options(offline=offline, stays_up=True, again=True)
    try:
        deployed = verb.deploy(context, app, deploy_source.of(app), options, transcript)
    except LocalkuError as error:
        transcript.progress.clear()
        show_error(error)
        explain(transcript.findings)
        return
    transcript.progress.clear()
    if deployed.built or deployed.configured:
        note(f"v{deployed.release.version} is live; dynos are restarting")
