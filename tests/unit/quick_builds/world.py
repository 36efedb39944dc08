"""Two worlds in which the same source is built: one goes on from build to build, one always begins anew."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from own_files import Image, Known, Sent
from shelf import PROGRAMS, Shelf

from localku.slugs import layers, own_buildpacks

if TYPE_CHECKING:
    from source import Source


@dataclass(frozen=True)
class Built:
    """`events` are the driver's reports, `output` the transcript; `killed` builds have no end."""

    folder: Path
    status: int
    events: list[dict[str, Any]]
    output: str
    seconds: float

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def slug(self) -> dict[str, Any]:
        """The report of the packed slug."""
        return self.events[-1]


class World:
    """`name` has five letters, so that paths of two worlds differ in those alone.

    `image` is made of what differs. In a `large` one builds are sent what they ask for.
    """

    def __init__(self, root: Path, name: str, shelf: Shelf, *, large: bool = False) -> None:
        self.folder = root / name
        self._shelf = shelf
        self.known = Known()
        self._large = large
        self.image = Image(self.folder / "image", self.volume)
        self.clear()

    @property
    def volume(self) -> Path:
        return self.folder / "tmp"

    def clear(self) -> None:
        """Be as before the first build."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.volume.mkdir(parents=True)
        (self.folder / "app").mkdir()
        shutil.copytree(self._shelf.cache, self._cache, symlinks=True)

    @property
    def _cache(self) -> Path:
        return self.volume / "codon" / "tmp" / "cache"

    def start(self, number: int, source: Source) -> Running:
        """Begin a build."""
        name = f"{number:04}"
        build_dir = self.volume / f"build_{name}"
        sent = self.folder / f"sent_{name}"
        source.write(sent if self._large else build_dir)
        env_dir = self.volume / f"env_{name}"
        env_dir.mkdir()
        for variable, value in source.config.items():
            (env_dir / variable).write_text(value)
        root = self.volume / "codon" / "tmp" / "buildpacks" / name
        root.mkdir(parents=True)
        order = {
            "build_dir": str(build_dir),
            "cache_dir": str(self._cache),
            "env_dir": str(env_dir),
            "out_dir": str(self.volume / f"slug_{name}"),
            "buildpack_root": str(root),
            "auto": source.auto,
            "layer_paths": layers.paths(source.components_folder, source.files),
            "buildpacks": [self._buildpack(root, each) for each in source.buildpacks],
            "library": str(self._shelf.buildpacks),
            "volume": str(self.volume),
            "events": str(self.folder / f"events_{name}"),
            "base": self.known.base,
        }
        if self._large:
            order["sent"], order["source"] = str(sent), Sent.of(sent).order(self.known)
        return Running(self.folder, order, self._environment(name), self.known)

    def _buildpack(self, root: Path, reference: str) -> dict[str, str]:
        name = own_buildpacks.OWN[reference]
        return {"reference": reference, "dir": str(root / name), "own": str(self._shelf.buildpacks / name)}

    def _environment(self, name: str) -> dict[str, str]:
        return {
            "PATH": str(self._shelf.programs),
            "HOME": str(self.folder / "app"),
            "STACK": "debian-14",
            "REQUEST_ID": name,
            "LANG": "C.UTF-8",
            "LOCALKU_OFFLINE": "1",
            "LOCALKU_APP_DIR": str(self.folder / "app"),
            "LOCALKU_PYTHON_HOME": str(self._shelf.pythons),
        }


class Running:
    def __init__(self, folder: Path, order: Mapping[str, Any], environment: Mapping[str, str], known: Known) -> None:
        self._order = order
        self._known = known
        self._log = folder / "output"
        (folder / "order.json").write_text(json.dumps(order))
        self._began = time.monotonic()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-B", str(PROGRAMS / "build_once.py"), str(folder / "order.json")],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, after: float) -> None:
        """Kill the build and all that it started, unless it ends within `after` seconds: the engine does so."""
        try:
            self._process.wait(after)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def end(self) -> Built:
        status = self._process.wait()
        reports = Path(self._order["events"])
        rows = reports.read_text().splitlines() if reports.is_file() else []
        events = [json.loads(row) for row in rows]
        folder = Path(self._order["build_dir"])
        self._known.hear(folder.name.removeprefix("build_"), events)
        output = self._log.read_text(errors="replace")
        return Built(folder, status, events, output, time.monotonic() - self._began)
