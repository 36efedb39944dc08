"""The npm registry as a place to get whole programs from: Node itself, npm, yarn, pnpm, bower.

All of them are published as one tarball that needs no further dependency, but for Yarn before 0.28. What was asked and
downloaded once is kept under CACHE_DIR, so that a later build needs no network:

    nodekit/metadata/PACKAGE.json     versions, tarball addresses, checksums, engines
    nodekit/tools/PACKAGE-VERSION/    the unpacked tarball
"""

from __future__ import annotations

import base64
import io
import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .fetch import FetchError, open_url, read_url
from .read_ahead import PIECE, Checked
from .semver import Range, RangeError, Version
from .tree import remove
from .unpack import BROKEN, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEFAULT_REGISTRY = "https://registry.npmjs.org/"
_ABBREVIATED = "application/vnd.npm.install-v1+json"
_FRESH_SECONDS = 24 * 3600
_ASK_SECONDS = 20.0
_ASK_AGAIN_SECONDS = 3.0
_DOWNLOAD_SECONDS = 120.0
_TOOLS_KEPT_PER_PACKAGE = 2


@dataclass(frozen=True)
class Artifact:
    """One downloadable version. `integrity` is `sha512-BASE64` or `sha1-BASE64`; `node` is its engines.node."""

    version: str
    url: str
    integrity: str
    node: str = ""


@dataclass(frozen=True)
class Registry:
    """`cache` is `CACHE_DIR/nodekit`; with `offline` nothing but the cache is asked."""

    cache: Path
    env: Mapping[str, str]
    offline: bool = False

    @property
    def url(self) -> str:
        for name in ("NPM_CONFIG_REGISTRY", "npm_config_registry"):
            if self.env.get(name):
                return self.env[name].rstrip("/") + "/"
        return DEFAULT_REGISTRY

    def has_fresh(self, package: str) -> bool:
        """Tell if the list of versions was asked for less than a day ago."""
        kept = self._metadata(package)
        return kept.is_file() and _fresh(kept)

    def _metadata(self, package: str) -> Path:
        return self.cache / "metadata" / f"{package.replace('/', '+')}.json"

    def versions(self, package: str) -> dict[str, Artifact]:
        """Return every published version. FetchError when neither registry nor cache knows the package."""
        kept = self._metadata(package)
        known = load_versions(kept)
        if known and (self.offline or _fresh(kept)):
            return known
        if self.offline:
            raise FetchError(f"{package}: this build has no network and the cache holds no list of its versions")
        try:
            timeout = _ASK_AGAIN_SECONDS if known else _ASK_SECONDS
            found = self._ask(package, timeout)
        except FetchError:
            if known:
                return known
            raise
        save_versions(kept, found)
        return found

    def best(self, package: str, wanted: str, *, node: Version | None = None) -> Artifact | None:
        """Return the highest version in the range `wanted`, one that runs on `node` before one that does not."""
        versions = self.versions(package)
        parsed = {found: name for name in versions if (found := Version.parse(name))}
        candidates = [each for each in parsed if Range.parse(wanted).admits(each)]
        runnable = [each for each in candidates if node is None or runs_on(versions[parsed[each]], node)]
        highest = max(runnable or candidates, default=None)
        return None if highest is None else versions[parsed[highest]]

    def tool(self, package: str, artifact: Artifact) -> Path:
        """Return the folder of the unpacked package, downloaded now or earlier. FetchError if it cannot be had."""
        name = package.replace("/", "+")
        folder = self.cache / "tools" / f"{name}-{artifact.version}"
        if not folder.is_dir():
            self._download(artifact, folder)
        (self.cache / "tools" / f"{name}-{artifact.version}.used").touch()
        _forget_oldest(self.cache / "tools", name)
        return folder

    def cached_tool(self, package: str, version: str) -> Path | None:
        folder = self.cache / "tools" / f"{package.replace('/', '+')}-{version}"
        return folder if folder.is_dir() else None

    def _ask(self, package: str, timeout: float) -> dict[str, Artifact]:
        url = self.url + package.replace("/", "%2f")
        body = read_url(url, self.env, timeout=timeout, accept=_ABBREVIATED)
        try:
            return {name: _artifact(name, each) for name, each in json.loads(body)["versions"].items()}
        except (ValueError, KeyError, AttributeError) as exc:
            raise FetchError(f"{url}: the answer is not what an npm registry sends ({exc})") from exc

    def _download(self, artifact: Artifact, folder: Path) -> None:
        if self.offline:
            raise FetchError(f"{artifact.url}: this build has no network and the cache does not hold it")
        part = folder.with_name(f"{folder.name}.part")
        remove(part)
        with open_url(artifact.url, self.env, timeout=_DOWNLOAD_SECONDS) as answer:
            body = Checked(answer, artifact.integrity, lambda exc: FetchError(f"{artifact.url}: {exc}"))
            broken = ""
            try:
                unpack(io.BufferedReader(body, PIECE), part)
            except BROKEN as exc:
                broken = f"{artifact.url}: not a tarball ({exc})"
            if not body.is_right():
                broken = f"{artifact.url}: checksum validation failed ({artifact.integrity})"
        if broken:
            remove(part)
            raise FetchError(broken)
        part.rename(folder)


def _artifact(version: str, entry: dict[str, Any]) -> Artifact:
    dist = entry["dist"]
    integrity = dist.get("integrity") or "sha1-" + base64.b64encode(bytes.fromhex(dist["shasum"])).decode()
    engines = entry.get("engines")
    node = engines.get("node", "") if isinstance(engines, dict) else ""
    return Artifact(version, dist["tarball"], integrity, node if isinstance(node, str) else "")


def runs_on(artifact: Artifact, node: Version) -> bool:
    try:
        return Range.parse(artifact.node).admits(node)
    except RangeError:
        return True


def _fresh(path: Path) -> bool:
    return time.time() - path.stat().st_mtime < _FRESH_SECONDS


def load_versions(path: Path) -> dict[str, Artifact]:
    """Return a list of versions kept earlier; empty when there is none, or none that can be read."""
    try:
        return {name: Artifact(**each) for name, each in json.loads(path.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def save_versions(path: Path, versions: dict[str, Artifact]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps({name: asdict(each) for name, each in versions.items()}))
    part.rename(path)


def _forget_oldest(tools: Path, name: str) -> None:
    used = [
        each
        for each in tools.glob(f"{name}-[0-9]*.used")
        if Version.parse(each.name[len(name) + 1 : -len(".used")]) is not None
    ]
    used.sort(key=lambda each: each.stat().st_mtime, reverse=True)
    for each in used[_TOOLS_KEPT_PER_PACKAGE:]:
        remove(each.with_suffix(""))
        remove(each)
