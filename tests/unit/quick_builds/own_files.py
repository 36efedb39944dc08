"""How apps are built, with folders for an engine: an image is made on the last, a large build asks for what it lacks.

What localku keeps outside of the volume, and the image of an app, here one folder that goes on from build to build.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localku.slugs.inside import app_part
from localku.slugs.release_image import SCRIPT

MOST = 4
"""Builds after which an image is made anew."""

State = tuple[object, ...]


@dataclass
class Known:
    """`base` is what the image was made of that is there; `compared` is the last build's report."""

    last: str = ""
    record: str = ""
    base: Mapping[str, str] | None = None
    compared: Mapping[str, Any] | None = None

    def hear(self, build: str, events: Sequence[Mapping[str, Any]]) -> None:
        """Take from a build's reports what localku takes from them."""
        self.compared = None
        for event in events:
            if event["event"] == "Received":
                self.last, self.record = build, event["record"]
            elif event["event"] == "Compared":
                self.compared = event


@dataclass(frozen=True)
class Sent:
    """The regular files of a source: path → mode and digest."""

    files: Mapping[str, tuple[int, str]]

    @classmethod
    def of(cls, folder: Path) -> Sent:
        found = [file for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]
        return cls({
            str(file.relative_to(folder)): (file.stat().st_mode & 0o777, hashlib.sha256(file.read_bytes()).hexdigest())
            for file in found
        })  # fmt: skip

    def order(self, known: Known) -> dict[str, Any]:
        files = [[path, mode, digest] for path, (mode, digest) in self.files.items()]
        return {"files": files, "last": known.last, "record": known.record}


class Image:
    """What an app's image has of its own files."""

    def __init__(self, folder: Path, volume: Path) -> None:
        self.folder = folder
        self.stacked = 0
        self._volume = volume
        self._on = 0

    def make(self, build: str, layer: str, known: Known) -> None:
        """Do what is done to a container of the layer, or of the last image."""
        compared = known.compared
        if compared is None:
            raise AssertionError("the build has not compared")
        on = compared["changed"] is not None and self._on < MOST
        if not on:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(mode=0o700)
        self._on = self._on + 1 if on else 0
        self.stacked += on
        command = ["bash", "-c", SCRIPT.read_text(), SCRIPT.name, str(self._volume), str(self.folder)]
        order = f"{build} on\n" if on else f"{build}\n"
        done = subprocess.run(command, input=order, capture_output=True, text=True, check=False)
        if (done.returncode, done.stdout) != (0, "done\n"):
            raise AssertionError(done.stderr)
        known.base = {"build": build, "layer": layer, "manifest": compared["manifest"]}

    def unlike(self, build_dir: Path, layer_paths: Sequence[str]) -> list[str]:
        """Say where it is not, to the last link, what the build's folder is beside the layer.

        A file may be older than there, unless its time is named elsewhere.
        """
        here, there = _states(self.folder, ()), _states(build_dir, layer_paths)
        return [f"{path!r} in the image: {here.get(path)} / {there.get(path)}"
                for path in sorted(here.keys() | there.keys()) if here.get(path) != there.get(path)]  # fmt: skip


def _states(folder: Path, excluded: Sequence[str]) -> dict[bytes, State]:
    found: dict[bytes, State] = {}
    for path, state in app_part.entries(folder, excluded).items():
        place = folder / os.fsdecode(path)
        owner = (state.st_mode, state.st_uid, state.st_gid)
        if place.is_symlink():
            found[path] = (*owner, str(place.readlink()))
        elif place.is_dir():
            found[path] = owner
        else:
            time = int(state.st_mtime) if place.suffix == ".py" else None
            found[path] = (*owner, time, state.st_nlink, hashlib.sha256(place.read_bytes()).hexdigest())
    return found
