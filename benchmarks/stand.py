"""Makes the contenders that rows ask for, each with its own copy of an app, and takes all of them away again."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import docker

from benchmarks.bower_registry import bower_registry
from benchmarks.contenders import docker_client, dockerfile_text, sweeping
from benchmarks.contenders.contender import Contender, Unavailable
from benchmarks.contenders.docker_client import DockerClient
from benchmarks.contenders.dockerfile import Dockerfile
from benchmarks.contenders.engine_disk import EngineDisk
from benchmarks.contenders.heroku_command import HerokuCommand
from benchmarks.contenders.heroku_local import HerokuLocal
from benchmarks.contenders.localku import Localku
from benchmarks.contenders.localku_command import LocalkuCommand
from benchmarks.contenders.ten_apps import TenApps
from benchmarks.foreign_app import ForeignApp
from benchmarks.samples import App, Ballast, Sample, Shelf
from benchmarks.stopwatch import CommandFailed
from benchmarks.table.catalogue import HEROKU, TEN
from benchmarks.table.row import BUILDKIT, COMPARED, HEROKU_LOCAL, OURS, Side
from tests.support.bower_world import BowerWorld

RUN_IMAGE = "localku/stack:debian-14"
SMALL, LARGE = 9, 292
"""Megabytes of ballast (10^6 bytes): with Python itself localku calls their slugs 30M and 300M."""


@dataclass(frozen=True)
class Own:
    """Somebody's app: its folder, their Dockerfile, the path to request and the file to change."""

    folder: Path
    dockerfile: Path | None
    page: str
    changed: str | None


@dataclass
class Stand:
    """`missing`: contender, or a sample of it, to why it cannot be had. Every contender is closed with `cleaning`."""

    folder: Path
    cleaning: contextlib.ExitStack
    tell: Callable[[str], None]
    own: Own | None = None
    missing: dict[str, str] = field(default_factory=dict)
    _made: dict[tuple[str, Sample], Contender | None] = field(default_factory=dict)

    def find(self, side: Side) -> Contender | None:
        """Return the contender of a side, made and prepared when it is first asked for."""
        key = side.contender, side.sample
        if key not in self._made:
            self._made[key] = self._prepared(*key)
        return self._made[key]

    def _prepared(self, name: str, sample: Sample) -> Contender | None:
        if name in self.missing:
            return None
        self.tell(f"Preparing {name}, {sample.value}")
        try:
            contender = self._contender(name, sample)
            self.cleaning.callback(contender.close)
            contender.prepare()
        except Unavailable as error:
            self.missing[name] = str(error)
            return None
        except CommandFailed as error:
            self.tell(str(error))
            self.missing[f"{name}, {sample.value}"] = error.reason
            return None
        return contender

    def _contender(self, name: str, sample: Sample) -> Contender:
        place = self.folder / f"{name}-{sample.value}".replace(" ", "-")
        if name in (COMPARED, BUILDKIT):
            return self._by_hand(place, name, sample)
        if name == OURS:
            config = {"DISABLE_COLLECTSTATIC": "1"} if sample is Sample.WITHOUT_COLLECTSTATIC else {}
            return Localku(self._app(place, sample), self._localku, f"{self._run}-{sample.value}", config)
        if name == HEROKU_LOCAL:
            return HerokuLocal(self._app(place, sample), self.folder)
        if name == HEROKU:
            return HerokuCommand(place)
        if name == TEN:
            command = self._home("ten-apps-home")
            return TenApps(place, command, EngineDisk(docker.from_env().api, RUN_IMAGE), f"{self._run}-ten")
        raise ValueError(name)

    def _by_hand(self, place: Path, name: str, sample: Sample) -> Dockerfile:
        buildkit = name == BUILDKIT
        client = self._buildkit if buildkit else self._classic
        if self.own is None:
            text = dockerfile_text.ours(sample, buildkit=buildkit)
        elif self.own.dockerfile is None:
            raise Unavailable("--dockerfile names none")
        else:
            text = self.own.dockerfile.read_text()
        image = f"{self._run}-{name}-{sample.value}".lower()
        return Dockerfile(self._app(place, sample), client, text, image, self._run)

    def _app(self, place: Path, sample: Sample) -> App:
        if self.own is not None:
            return ForeignApp(place, self.own.folder, self.own.page, self.own.changed)
        if sample in (Sample.SMALL_SLUG, Sample.LARGE_SLUG):
            return Ballast(place, SMALL if sample is Sample.SMALL_SLUG else LARGE)
        shelf = Shelf(place, self._bower)
        if sample is Sample.WITH_SCRIPT:
            shelf.add_build_script()
        return shelf

    @cached_property
    def _run(self) -> str:
        """Name of the run, with which the names of all it makes begin."""
        run = f"bench-{secrets.token_hex(3)}"
        self.cleaning.callback(self._sweep, f"{dockerfile_text.LABEL}={run}")
        return run

    @cached_property
    def _bower(self) -> BowerWorld:
        return self.cleaning.enter_context(bower_registry(self.folder / "bower"))

    @cached_property
    def _localku(self) -> LocalkuCommand:
        return self._home("home")

    @cached_property
    def _classic(self) -> DockerClient:
        return docker_client.classic()

    @cached_property
    def _buildkit(self) -> DockerClient:
        client = docker_client.with_buildkit()
        self.cleaning.callback(self._prune, client, sweeping.build_cache(client))
        return client

    def _home(self, name: str) -> LocalkuCommand:
        command = LocalkuCommand(self.folder / name)
        self.cleaning.callback(self._sweep, command.label)
        return command

    def _sweep(self, label: str) -> None:
        left = sweeping.sweep(self._classic, label)
        if left:
            self.tell(f"Left in the engine with the label {label}: {' '.join(left)}")

    def _prune(self, client: DockerClient, kept: set[str]) -> None:
        try:
            sweeping.prune_build_cache(client, kept)
        except CommandFailed as error:
            self.tell(f"Perhaps left in BuildKit's cache: {error.reason}")
