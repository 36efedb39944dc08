"""A container that is thrown away, with files put into it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from localku.engine.client import Engine
from localku.engine.spec import NO_NETWORK, ContainerSpec, Limits, Mount


@dataclass(frozen=True)
class Box:
    engine: Engine
    id: str

    def run(self, *command: str, user: str = "") -> tuple[int, str]:
        done = self.engine.containers.exec(self.id, command, user=user)
        return done.exit_status, done.output.decode(errors="replace")

    def sh(self, script: str, user: str = "") -> str:
        status, output = self.run("bash", "-lc", script, user=user)
        assert status == 0, output
        return output.strip()

    def put(self, local: Path, inside: str) -> None:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.add(local, inside.lstrip("/"))
        self.engine.containers.put(self.id, "/", archive.getvalue())


@contextmanager
def box(engine: Engine, image: str, *, mounts: tuple[Mount, ...] = (), network: str = NO_NETWORK) -> Iterator[Box]:
    """Not longer than an hour."""
    spec = ContainerSpec(
        image=image,
        name=f"localku-test-{uuid4().hex[:8]}",
        command=("sleep", "3600"),
        limits=Limits(),
        init=True,
        mounts=mounts,
        network=network,
    )
    container = engine.containers.create(spec)
    try:
        engine.containers.start(container)
        yield Box(engine, container)
    finally:
        engine.containers.remove(container)
