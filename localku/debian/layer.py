"""An image on top of another: a container without a network, files put into it, a script run, the rest kept."""

from __future__ import annotations

import tarfile
import tempfile
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO
from uuid import uuid4

from localku.engine import labels
from localku.engine.client import Engine
from localku.engine.spec import ContainerSpec, Limits
from localku.errors import LocalkuError

INSTALLS = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETFCAP", "SETGID", "SETUID")
"""What dpkg and the scripts of packages need: any file is theirs, and some of them work as another user."""

WORK = "/localku-stack"
"""Where the files lie inside; the script takes the folder away when it is done."""


def add_layer(
    engine: Engine,
    base: str,
    files: Path,
    script: str,
    *,
    repository: str,
    tag: str,
    config: Callable[[list[str]], Mapping[str, object]],
    each_line: Callable[[str], None],
) -> None:
    """Run `sh files/script` as root on top of `base` and keep the result as `repository:tag`.

    `config` gets all the lines that the script printed and returns the image's configuration.
    """
    container = engine.containers.create(
        ContainerSpec(
            image=base,
            name=f"localku-stack-{uuid4().hex[:8]}",
            command=("sh", f"{WORK}/{script}"),
            entrypoint=(),
            user="0",
            working_dir="/",
            limits=Limits(),
            capabilities=INSTALLS,
            labels={labels.ROLE: labels.ROLE_STACK},
        )
    )
    try:
        with tempfile.TemporaryFile() as archive:
            _pack(files, archive)
            engine.containers.put(container, "/", archive)
        engine.containers.start(container)
        lines = _follow(engine, container, each_line)
        if engine.containers.wait(container):
            last = "\n".join(deque(lines, maxlen=15))
            full = any("No space left on device" in line for line in lines)
            raise LocalkuError(
                f"Could not put the image {repository}:{tag} together:\n{last}",
                "The engine's disk is full: free about 3 GB and try again." if full else "",
            )
        _replace(engine, container, f"{repository}:{tag}", config(lines))
    finally:
        engine.containers.remove(container)


def _replace(engine: Engine, container: str, name: str, config: Mapping[str, object]) -> None:
    """Commit, and take the image away that had the name before, unless something still uses it."""
    before = engine.images.find(name)
    repository, _, tag = name.partition(":")
    engine.containers.commit(container, repository, tag, config)
    if before is not None:
        engine.images.remove(before.id)


def _pack(files: Path, archive: IO[bytes]) -> None:
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(files, WORK.lstrip("/"), filter=_as_root)
    archive.seek(0)


def _as_root(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    return info


def _follow(engine: Engine, container: str, each_line: Callable[[str], None]) -> list[str]:
    """All output; each line goes to `each_line` as it comes."""
    lines = []
    rest = b""
    for chunk in engine.containers.logs(container):
        *whole, rest = (rest + chunk).split(b"\n")
        for raw in whole:
            line = raw.decode(errors="replace")
            lines.append(line)
            each_line(line)
    return lines
