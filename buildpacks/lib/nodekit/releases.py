"""Which versions of Node there are, and which one an engines.node range means.

Majors and rules as in heroku-buildpack-nodejs v363 (August 2026): 24 is the recommended LTS line, 22, 24 and 26
are supported, every other line is End-of-Life; a range that spans majors is held at the recommended line.
"""

from __future__ import annotations

import base64
import json
import os
import time
from dataclasses import dataclass

from .fetch import FetchError, read_url
from .registry import Artifact, Registry, load_versions, save_versions
from .semver import Range, Version

RECOMMENDED_LTS = 24
SUPPORTED = (22, 24, 26)
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_DIST = "https://nodejs.org/dist/"
# nodejs.org is asked first but never waited for: where it cannot be reached, the registry's packages do.
_QUICK_SECONDS = 3.0
_LIST_FRESH_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Resolved:
    """One Node to install. `wide`: the range spans majors; `capped`: held at the LTS; `eol`: past its life."""

    artifact: Artifact
    version: Version
    wide: bool
    capped: bool
    eol: bool


def machine() -> str:
    """Return Node's word for this CPU. FetchError on one it has no Linux build for."""
    name = os.uname().machine
    if name not in _MACHINES:
        raise FetchError(f"no Node.js build is known for {name}")
    return _MACHINES[name]


def package_name() -> str:
    """Return the npm package that holds whole Node binaries for this machine."""
    return f"node-linux-{machine()}"


def available(registry: Registry) -> dict[str, Artifact]:
    """Return every installable version, from the cache, nodejs.org or the npm registry, in that order."""
    kept = registry.cache / "metadata" / f"nodejs.org-{machine()}.json"
    known = load_versions(kept)
    if known and (registry.offline or time.time() - kept.stat().st_mtime < _LIST_FRESH_SECONDS):
        return known
    if registry.offline or registry.has_fresh(package_name()):
        return registry.versions(package_name())
    try:
        found = _ask_nodejs_org(registry)
    except FetchError:
        return known or registry.versions(package_name())
    save_versions(kept, found)
    return found


def are_all(versions: dict[str, Artifact]) -> bool:
    """Tell if a list is nodejs.org's, which has every release; the npm registry lacks some."""
    return any(each.url.startswith(_DIST) for each in versions.values())


def _ask_nodejs_org(registry: Registry) -> dict[str, Artifact]:
    arch = machine()
    body = read_url(f"{_DIST}index.json", registry.env, timeout=_QUICK_SECONDS)
    try:
        names = [each["version"] for each in json.loads(body) if f"linux-{arch}" in each["files"]]
    except (ValueError, KeyError, TypeError) as exc:
        raise FetchError(f"{_DIST}index.json: not the expected list ({exc})") from exc
    return {
        name.lstrip("v"): Artifact(name.lstrip("v"), f"{_DIST}{name}/node-{name}-linux-{arch}.tar.gz", "")
        for name in names
    }


def with_checksum(artifact: Artifact, registry: Registry) -> Artifact:
    """Return the artifact with its SHA-256 from nodejs.org's SHASUMS256.txt; the registry's have one already."""
    if artifact.integrity or not artifact.url.startswith(_DIST):
        return artifact
    folder, _, file = artifact.url.rpartition("/")
    sums = read_url(f"{folder}/SHASUMS256.txt", registry.env, timeout=20.0).decode()
    for line in sums.splitlines():
        digest, _, name = line.partition("  ")
        if name == file:
            encoded = base64.b64encode(bytes.fromhex(digest)).decode()
            return Artifact(artifact.version, artifact.url, f"sha256-{encoded}", artifact.node)
    raise FetchError(f"{folder}/SHASUMS256.txt does not list {file}")


def resolve(wanted: str, versions: dict[str, Artifact], *, allow_wide: bool) -> Resolved | None:
    """Choose the version that the range `wanted` (empty: the LTS) means; None when nothing matches.

    RangeError when it is no range. `latest` means any version, as Heroku's resolver reads it.
    """
    text = wanted.strip() or f"{RECOMMENDED_LTS}.x"
    bounds = Range.parse("*" if text == "latest" else text)
    parsed = {found: name for name in versions if (found := Version.parse(name))}
    highest = bounds.highest(parsed)
    if highest is None:
        return None
    of_lts = bounds.highest(each for each in parsed if each.major == RECOMMENDED_LTS)
    capped = not allow_wide and of_lts is not None and highest > of_lts
    chosen = of_lts if capped and of_lts is not None else highest
    return Resolved(
        artifact=versions[parsed[chosen]],
        version=chosen,
        wide=_spans_majors(bounds, highest.major),
        capped=capped,
        eol=chosen.major not in SUPPORTED,
    )


def _spans_majors(bounds: Range, major: int) -> bool:
    return any(bounds.admits(Version(near, 0, 0)) for near in (major + 1, major - 1) if near >= 0)
