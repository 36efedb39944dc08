"""One build container: what goes in, and the stream of transcript lines and events that comes out."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from localku.clock import Clock
from localku.engine import labels
from localku.engine.client import Engine
from localku.engine.spec import ENGINES_NETWORK, NO_NETWORK, ContainerSpec, Limits, Mount
from localku.errors import LocalkuError
from localku.slugs import accounts, host_settings, users
from localku.slugs.archive import Archive
from localku.slugs.build_limits import COMPILE_SECONDS, PROCESSES
from localku.slugs.inside.events import Detected, Event, Packed, Reader
from localku.slugs.values import Chain, Identity

BUILD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""PATH during a build (heroku-24-build, its environment)."""

LOOK_SECONDS = 0.2
"""How often a build is held against its time limit."""

INSIDE = Path(__file__).parent / "inside"
DRIVER = ("chain_driver.py", "events.py")

MAIN = b"""import sys
from localku.slugs.inside.chain_driver import main
sys.exit(main(sys.argv[1]))
"""
ORDER = "/localku/order/order.json"
"""The driver takes it away before anything else runs: it holds the key to its reports."""


@dataclass(frozen=True)
class Job:
    """Everything one build container needs to know."""

    build_id: str
    image: str
    stack: str
    volume: str
    chain: Chain
    config: Mapping[str, str]
    who: Identity
    layer_paths: tuple[str, ...]
    commit: str | None
    offline: bool
    labels: Mapping[str, str]
    network: str | None = None
    host: Mapping[str, str] = field(default_factory=dict)
    certificates: bytes | None = None

    @property
    def build_dir(self) -> str:
        return f"/tmp/build_{self.build_id}"

    @property
    def out_dir(self) -> str:
        return f"/tmp/slug_{self.build_id}"

    @property
    def env_dir(self) -> str:
        return f"/tmp/env_{self.build_id}"

    @property
    def buildpack_root(self) -> str:
        return f"/tmp/codon/tmp/buildpacks/{self.build_id}"


@dataclass(frozen=True)
class Line:
    text: str


class BuildContainer:
    """Create, feed, run and remove; use as a context manager so that nothing is left behind."""

    def __init__(self, engine: Engine, job: Job, clock: Clock) -> None:
        self._engine = engine
        self._job = job
        self._clock = clock
        self._id = ""
        self._key = secrets.token_hex(32)
        self.timed_out = False

    def __enter__(self) -> Self:
        self._engine.volumes.ensure(self._job.volume, self._job.labels)
        self._id = self._engine.containers.create(_spec(self._job))
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.containers.remove(self._id)

    def feed(self, source: IO[bytes]) -> None:
        """Put the source, the buildpacks, the config vars and our driver into the container.

        `source` is a tar of `build_dir` for `/`: elsewhere the engine refuses links that lead out of the place.
        """
        self._engine.containers.put(self._id, "/", self._furniture())
        self._engine.containers.put(self._id, "/", source)

    def run(self) -> Iterator[Line | Event]:
        """Start the chain and yield what it prints and reports, live; killed after Heroku's 15 minutes."""
        output = self._engine.containers.attach(self._id)
        self._engine.containers.start(self._id)
        over = threading.Event()
        threading.Thread(target=self._watch, args=(over,), name="build-limit", daemon=True).start()
        try:
            yield from parsed((chunk for _, chunk in output), self._job, self._key)
        finally:
            over.set()

    def slug_file(self, name: str) -> Iterator[bytes]:
        """Read a file the chain wrote into its out folder, as the engine's tar chunks."""
        return self._engine.containers.get(self._id, f"{self._job.out_dir}/{name}")

    def _watch(self, over: threading.Event) -> None:
        deadline = self._clock.monotonic() + COMPILE_SECONDS
        while not over.wait(LOOK_SECONDS):
            if self._clock.monotonic() > deadline:
                self.timed_out = True
                with suppress(LocalkuError):  # an engine that is gone has ended the build, too
                    self._engine.containers.kill(self._id)
                return

    def _furniture(self) -> bytes:
        job, who = self._job, self._job.who
        archive = Archive()
        etc = accounts.of(self._engine, job.image, self._id)
        archive.file("etc/passwd", users.passwd(etc["passwd"], who).encode())
        archive.file("etc/group", users.group(etc["group"]).encode())
        if job.certificates:
            archive.file(host_settings.CONTAINER_BUNDLE.lstrip("/"), job.certificates)
        owner = {"uid": who.uid, "gid": who.gid}
        archive.folder("app", **owner)
        for folder in (
            "tmp/codon",
            "tmp/codon/tmp",
            "tmp/codon/tmp/buildpacks",
            job.buildpack_root.lstrip("/"),
        ):
            archive.folder(folder, **owner)
        archive.folder(job.env_dir.lstrip("/"), mode=0o700, **owner)
        for name, value in job.config.items():
            archive.file(f"{job.env_dir.lstrip('/')}/{name}", value.encode(), mode=0o600, **owner)
        for number, buildpack in enumerate(job.chain.buildpacks):
            place = f"{job.buildpack_root.lstrip('/')}/{number}"
            archive.tree(place, buildpack.folder, **owner)
            for package in buildpack.shared:
                archive.tree(f"{place}/lib/{package.name}", package, **owner)
        for folder in ("localku", "localku/localku", "localku/localku/slugs", "localku/localku/slugs/inside"):
            archive.folder(folder)
        archive.file("localku/__main__.py", MAIN)
        for name in DRIVER:
            archive.file(f"localku/localku/slugs/inside/{name}", (INSIDE / name).read_bytes())
        archive.folder(str(Path(ORDER).parent).lstrip("/"), mode=0o700, **owner)
        order = json.dumps({**_order(job), "key": self._key}).encode()
        archive.file(ORDER.lstrip("/"), order, mode=0o600, **owner)
        return archive.bytes()


def _spec(job: Job) -> ContainerSpec:
    return ContainerSpec(
        image=job.image,
        name=f"localku-build-{job.build_id}",
        entrypoint=("python3", "/localku"),
        command=(ORDER,),
        environment=_environment(job),
        labels={**job.labels, labels.ROLE: labels.ROLE_BUILD},
        mounts=(Mount(job.volume, "/tmp"),),
        user=f"{job.who.uid}:{job.who.gid}",
        working_dir="/app",
        network=NO_NETWORK if job.offline else job.network or ENGINES_NETWORK,
        limits=Limits(pids=PROCESSES),
        init=True,
    )


def _environment(job: Job) -> dict[str, str]:
    return {
        "PATH": BUILD_PATH,
        "HOME": "/app",
        "STACK": job.stack,
        "SOURCE_VERSION": job.commit or "",
        "REQUEST_ID": job.build_id,
        "DYNO": f"run.{int(job.build_id[:4], 16) % 9000 + 1000}",
        "TERM": "dumb",
        **job.host,
    }


def _order(job: Job) -> dict[str, Any]:
    return {
        "build_dir": job.build_dir,
        "cache_dir": "/tmp/codon/tmp/cache",
        "env_dir": job.env_dir,
        "out_dir": job.out_dir,
        "buildpack_root": job.buildpack_root,
        "auto": job.chain.auto,
        "uid": job.who.uid,
        "gid": job.who.gid,
        "layer_paths": list(job.layer_paths),
        "buildpacks": [
            {"reference": buildpack.reference, "dir": f"{job.buildpack_root}/{number}"}
            for number, buildpack in enumerate(job.chain.buildpacks)
        ],
    }


def parsed(chunks: Iterator[bytes], job: Job, key: str) -> Iterator[Line | Event]:
    """Tell the lines of a build's output and the reports of its driver apart."""
    reader, pending = Reader(key), b""
    for chunk in chunks:
        pending += chunk
        *complete, pending = pending.split(b"\n")
        for row in complete:
            yield from _row(reader, job, row)
    if pending:
        yield from _row(reader, job, pending)


def _row(reader: Reader, job: Job, row: bytes) -> Iterator[Line | Event]:
    text, event = reader.split(row)
    if event is not None and not _possible(event, job):
        text, event = row, None
    if text is not None:
        yield from _lines(text.decode(errors="replace"))
    if event is not None:
        yield event


def _lines(text: str) -> Iterator[Line]:
    """Each state of a progress bar, which writes over itself, is a line."""
    for part in re.split("\r+", text.strip("\r")):
        yield Line(part)


def _possible(event: Event, job: Job) -> bool:
    """Whether the report is about nothing that was not asked for."""
    if isinstance(event, Packed):
        return set(event.layer_paths) <= set(job.layer_paths)
    named = event.references if isinstance(event, Detected) else (event.reference,)
    return set(named) <= {buildpack.reference for buildpack in job.chain.buildpacks}
