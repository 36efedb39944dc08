"""Containers of the stack's build image, in which a buildpack is run and nothing else of localku."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from localku.engine.client import Engine
from localku.engine.spec import ENGINES_NETWORK, Bind, ContainerSpec, Limits
from localku.slugs import host_settings, stack

BUILDER_MEMORY = 4 << 30
"""So that a build which needs too much fails, as on Heroku, and this machine does not."""

TOO_LONG = 124
"""Exit status of timeout(1) when it had to end a command."""


@dataclass(frozen=True)
class Bench:
    """One container; `folder` is writable and at its own path in there."""

    engine: Engine
    id: str
    folder: Path

    def run(self, script: str, *, seconds: int, user: str = "", env: Mapping[str, str] | None = None) -> int:
        """Run a bash script; return its exit status, `TOO_LONG` if it took longer than `seconds`."""
        command = ("timeout", "--kill-after=10", str(seconds), "bash", "-c", script)
        return self.engine.containers.exec(self.id, command, user=user, env=env or {}).exit_status


def images(engine: Engine) -> stack.Stack:
    return stack.ensure(engine, stack.DEBIAN, lambda _step, _fraction: None)


def environment() -> dict[str, str]:
    """What a build gets from this machine: where the registries are, by whose certificates."""
    return host_settings.variables(os.environ, bundle=True, offline=False)


@contextmanager
def bench(engine: Engine, image: str, *read_only: Path) -> Iterator[Bench]:
    """For one test, to build in; `read_only` folders are at their own paths too, and `app` of its own is /app."""
    folder = Path(tempfile.mkdtemp(prefix="lkup_"))
    folder.chmod(0o777)
    (folder / "app").mkdir()
    (folder / "app").chmod(0o777)
    bundle = folder / "certificates"
    bundle.write_bytes(host_settings.certificates() or b"")
    bundle.chmod(0o644)
    spec = ContainerSpec(
        image=image,
        name=f"localku-upstream-{uuid4().hex[:8]}",
        command=("sleep", "7200"),
        limits=Limits(memory=BUILDER_MEMORY),
        init=True,
        network=ENGINES_NETWORK,
        environment={"STACK": stack.STANDS_FOR[stack.DEBIAN], "LOCALKU_STACK": stack.DEBIAN, **environment()},
        binds=(
            Bind(str(folder), str(folder), read_only=False),
            Bind(str(folder / "app"), "/app", read_only=False),
            Bind(str(bundle), host_settings.CONTAINER_BUNDLE),
            *(Bind(str(each), str(each)) for each in read_only),
        ),
    )
    try:
        with _running(engine, spec) as container:
            yield Bench(engine, container, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def dyno(made: Bench, image: str, app: Path, memory: int, tools: Path) -> Iterator[Bench]:
    """A container of the run image with an app in /app, `memory` MB, and `tools` at its own path."""
    spec = ContainerSpec(
        image=image,
        name=f"localku-upstream-{uuid4().hex[:8]}",
        command=("sleep", "7200"),
        limits=Limits(memory=memory << 20),
        init=True,
        network=ENGINES_NETWORK,
        binds=(
            Bind(str(app), "/app", read_only=False),
            Bind(str(made.folder), str(made.folder), read_only=False),
            Bind(str(tools), str(tools)),
        ),
    )
    with _running(made.engine, spec) as container:
        yield Bench(made.engine, container, made.folder)


@contextmanager
def _running(engine: Engine, spec: ContainerSpec) -> Iterator[str]:
    container = engine.containers.create(spec)
    try:
        engine.containers.start(container)
        yield container
    finally:
        engine.containers.remove(container)
