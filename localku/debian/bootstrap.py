"""A first image from nothing: mmdebstrap on this machine, its output straight into the engine."""

from __future__ import annotations

import shlex
import subprocess
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from localku.debian.apt import OPTIONS
from localku.debian.sources import Sources
from localku.engine.client import Engine
from localku.errors import CLIENT, LocalkuError
from localku.telling import Progress

_CHUNK = 1 << 20
_STEPS = {
    "running apt-get update": ("Reading Debian's package lists", 0.02),
    "downloading packages": ("Downloading Debian packages", 0.06),
    "extracting archives": ("Unpacking Debian packages", 0.2),
    "installing essential": ("Installing Debian packages", 0.35),
    "installing remaining": ("Installing Debian packages", 0.5),
    "running --customize-hook": ("Adding locale and user", 0.9),
    "creating tarball": ("Saving the run image", 0.95),
}
"""mmdebstrap's own announcements, what we say for them, and how much of its time has passed by then (measured)."""


def bootstrap(
    engine: Engine,
    sources: Sources,
    packages: Iterable[str],
    hooks: tuple[Path, Path],
    *,
    repository: str,
    tag: str,
    changes: tuple[str, ...],
    progress: Progress,
) -> None:
    """Make `repository:tag`; `hooks` are scripts that get the root folder: before dpkg runs in it, and last."""
    command = _command(sources, packages, hooks)
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except FileNotFoundError:
        raise LocalkuError(
            "No image registry answers, and mmdebstrap, which puts the debian-14 stack together, is not here.",
            f"Install it: apt-get install mmdebstrap (or let `{CLIENT} doctor --fix` do it).",
        ) from None
    try:
        engine.images.import_tar(_output(process, progress), repository, tag, changes)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()


def _command(sources: Sources, packages: Iterable[str], hooks: tuple[Path, Path]) -> list[str]:
    begin, finish = (f'sh {shlex.quote(str(hook))} "$1"' for hook in hooks)
    return [
        "mmdebstrap",
        "--variant=minbase",
        "--format=tar",
        f"--architectures={sources.architecture}",
        *(f"--aptopt={line}" for line in OPTIONS),
        "--include=" + ",".join(packages),
        f"--extract-hook={begin}",
        f"--customize-hook={finish}",
        sources.suite,
        "-",
        sources.line,
    ]


def _output(process: subprocess.Popen[bytes], progress: Progress) -> Iterator[bytes]:
    """The tar archive; raise LocalkuError rather than end early, lest half an image be kept."""
    said: deque[str] = deque(maxlen=30)
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    listener = threading.Thread(target=_listen, args=(process.stderr, said, progress), daemon=True)
    listener.start()
    while chunk := process.stdout.read(_CHUNK):
        yield chunk
    status = process.wait()
    listener.join()
    if status:
        raise _failed(list(said))


def _listen(stream: IO[bytes], said: deque[str], progress: Progress) -> None:
    for raw in stream:
        line = raw.decode(errors="replace").rstrip()
        said.append(line)
        for start, (step, fraction) in _STEPS.items():
            if line.startswith(f"I: {start}"):
                progress(step, fraction)


def _failed(said: list[str]) -> LocalkuError:
    errors = [line for line in said if line.startswith(("E:", "W: ", "Err:"))] or said[-5:]
    text = "\n".join(errors)
    if "unshare" in text or "userns" in text or "subuid" in text:
        hint = "This user may not make user namespaces: run this once with sudo, or apt-get install uidmap."
    else:
        hint = "Does this machine reach its Debian mirror? LOCALKU_DEBIAN_MIRROR names another."
    return LocalkuError(f"mmdebstrap could not put the debian-14 stack together:\n{text}", hint)
