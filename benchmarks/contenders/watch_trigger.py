"""`python -m benchmarks.contenders.watch_trigger FOLDER STEPS`: run commands whenever a file of a folder is saved.

What a careful person writes around watchdog. STEPS: a list of commands, each a list of words, as JSON. It prints a line
once it watches.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

SETTLED = 0.1
"""Seconds without a further change after which it starts: one save is several events."""
WRITES = ("created", "modified", "moved", "deleted")


class Saved(FileSystemEventHandler):
    """Something was saved in the folder, other than in `.git`."""

    def __init__(self, folder: Path) -> None:
        self._git = str(folder / ".git")
        self._happened = threading.Event()

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in WRITES and not event.is_directory and not str(event.src_path).startswith(self._git):
            self._happened.set()

    def wait(self) -> None:
        self._happened.wait()
        self._happened.clear()
        while self._happened.wait(SETTLED):
            self._happened.clear()


def main(folder: Path, steps: list[list[str]]) -> None:
    saved = Saved(folder)
    observer = Observer()
    observer.schedule(saved, str(folder), recursive=True)
    observer.start()
    print("watching", flush=True)
    while True:
        saved.wait()
        for step in steps:
            subprocess.run(step, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
