"""Installing dependencies when there is no network."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from pybuild import output
from pybuild.installed import distributions, normalized
from pybuild.programs import Finished

_UNREACHABLE = re.compile(
    r"Temporary failure in name resolution|Name or service not known|Failed to resolve|NameResolutionError"
    r"|Network is unreachable|NewConnectionError|ConnectTimeout|dns error|tcp connect error"
    r"|All attempts to connect to"
)
_PIP_MISSING = re.compile(r"No matching distribution found for ([^\s(;]+(?:\s*[<>=!~][^\s(;]*)*)")
_UV_MISSING = (
    re.compile(r"Failed to (?:download(?: and build)?|fetch|build|prepare)[^`\n]*`([^`/]+)`"),
    re.compile(r"because ([\w.-]+)(?:==\S+)? was not found in the cache", re.IGNORECASE),
)
_LOCKED = re.compile(r'\nname = "([^"]+)"\nversion = "([^"]+)"')
_GROUPS = re.compile(r"^groups = \[(.*)\]$", re.MULTILINE)

ADVICE = "Build once with network: the build then keeps it in the app's cache."


class Run(Protocol):
    """An installation: `alone` means without network."""

    def __call__(self, *, alone: bool) -> Finished: ...


def with_fallback(run: Run, *, offline: bool) -> tuple[Finished, bool]:
    """Run an installation, again without network if that turns out to be missing.

    The pair tells how it ended and whether the last run was offline.
    """
    finished = run(alone=offline)
    if finished.ok or offline or not unreachable(finished.log):
        return finished, offline
    output.indented("The network can't be reached: installing from the cache instead.")
    return run(alone=True), True


def unreachable(log: str) -> bool:
    """Return whether a program's output says that the network can't be reached."""
    return _UNREACHABLE.search(log) is not None


def missing(log: str) -> tuple[str, ...]:
    """Return the packages that pip or uv looked for in the cache and didn't find."""
    patterns = (_PIP_MISSING, *_UV_MISSING)
    found = [name.strip() for pattern in patterns for name in pattern.findall(log)]
    return tuple(dict.fromkeys(found))


def missing_from_lock(lock: Path, site: Path) -> tuple[str, ...]:
    """Return what a poetry.lock's main group asks for that isn't installed in that version, `name==1.0`."""
    present = {(found.name, found.version) for found in distributions(site)}
    packages = lock.read_text("utf-8").split("[[package]]")[1:]
    locked = (_LOCKED.match(text) for text in packages if _in_main_group(text))
    names = ((match[1], match[2]) for match in locked if match)
    return tuple(f"{name}=={version}" for name, version in names if (normalized(name), version) not in present)


def _in_main_group(package: str) -> bool:
    groups = _GROUPS.search(package)
    return groups is None or '"main"' in groups[1]


def explain(packages: Iterable[str]) -> str:
    """Return the end of an error: what isn't in the cache and what to do. Empty if nothing is known."""
    lines = [f"The package '{package}' is not in the cache." for package in packages]
    intro = "This build runs without network."
    return "\n".join([intro, "", *(lines or ["Something it needs is not in the cache."]), "", ADVICE])
