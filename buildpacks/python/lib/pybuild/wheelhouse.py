"""The wheels an app's dependencies came in, kept so that they can be installed without network."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from pybuild import bootstrap, inputs, pip_program, programs
from pybuild.installed import Distribution, distributions
from pybuild.kept_wheels import has
from pybuild.session import Session

_TOOLS = frozenset(("pip", "setuptools"))
_BUILD_TOOLS = ("setuptools", "wheel")


@dataclass(frozen=True)
class Source:
    """Where packages come from: lines for a requirements file, and whether checksums are asked for.

    With checksums the files must be kept as they came; otherwise wheels are kept, built where necessary.
    """

    options: tuple[str, ...] = ()
    hashed: bool = False


def from_requirements(session: Session) -> Source:
    texts = inputs.requirements(session.build.build_dir, install_test=session.build.install_test)
    hashed = any("--hash" in text for text in texts.values())
    return Source(tuple(inputs.index_options(texts)), hashed)


def keep_aside(session: Session, source: Source) -> None:
    """Keep them beside the rest of the build, which waits for that at its end."""
    threading.Thread(target=keep, args=(session, source), name="wheelhouse").start()


def keep(session: Session, source: Source) -> None:
    """Fetch the files of what was just installed, mostly out of pip's cache. A failure costs only the cache."""
    present = list(distributions(session.site_packages))
    wanted = [f"{found.name}=={found.version}" for found in present if _wanted(session.build.wheelhouse, found)]
    if any(not found.from_index for found in present):
        wanted += [name for name in _BUILD_TOOLS if not has(session.build.wheelhouse, name, None)]
    if wanted:
        _fetch(session, source, wanted)


def _wanted(wheelhouse: Path, found: Distribution) -> bool:
    return found.from_index and found.name not in _TOOLS and not has(wheelhouse, found.name, found.version)


def _fetch(session: Session, source: Source, wanted: list[str]) -> None:
    command = "download" if source.hashed else "wheel"
    folder = "--dest" if source.hashed else "--wheel-dir"
    session.build.wheelhouse.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join([*source.options, *wanted]) + "\n")
        file.flush()
        programs.quiet(
            [
                *(session.python, pip_program.module(session), command, *bootstrap.QUIET, "--no-deps"),
                *("--cache-dir", session.build.downloads / "pip", folder, session.build.wheelhouse),
                *("-r", file.name),
            ],
            env=pip_program.environment(session),
            cwd=session.build.build_dir,
        )
