"""An apt of our own, beside the machine's: finds out what packages need and downloads it. Needs no root."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from localku.debian.sources import Sources
from localku.errors import LocalkuError

OPTIONS = (
    # The Release file of a mirror that has been frozen has expired; what it signs is still signed.
    'Acquire::Check-Valid-Until "false"',
    'Acquire::Languages "none"',
    'Acquire::Retries "3"',
    'APT::Install-Recommends "false"',
)
"""Lines of apt.conf for every apt that works on an image."""

_URI = re.compile(r"'(?P<uri>[^']+)' (?P<name>[^_]+)_(?P<version>[^_]+)_[^ ]+ (?P<size>\d+)")


@dataclass(frozen=True)
class Package:
    """One .deb of the archive; `size` in bytes."""

    name: str
    version: str
    size: int


class Apt:
    """`folder` is where it keeps its lists; make one for a while and throw it away."""

    def __init__(self, folder: Path, sources: Sources) -> None:
        self._folder = folder
        for name in ("lists/partial", "archives/partial", "etc/preferences.d"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        (folder / "sources.list").write_text(sources.line + "\n")
        conf = [
            *OPTIONS,
            f'APT::Architecture "{sources.architecture}"',
            f'APT::Architectures "{sources.architecture}"',
            'APT::Sandbox::User "root"',
            f'Dir::State "{folder}"',
            f'Dir::State::status "{folder}/status"',
            f'Dir::Cache "{folder}"',
            f'Dir::Etc::SourceList "{folder}/sources.list"',
            'Dir::Etc::SourceParts "/dev/null"',
            f'Dir::Etc::Preferences "{folder}/etc/preferences"',
            f'Dir::Etc::PreferencesParts "{folder}/etc/preferences.d"',
            'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false"',
            'APT::Update::Post-Invoke-Success ""',
        ]
        self._options = [word for line in conf for word in ("-o", line.replace(' "', "=").rstrip('"'))]

    def update(self) -> None:
        self._run("apt-get", "update")

    def closure(self, names: Iterable[str]) -> Mapping[str, Package]:
        """What an empty system would need for these packages, themselves included, by name."""
        printed = self._run("apt-get", "install", "--print-uris", "--yes", "-qq", *names)
        found = {}
        for match in _URI.finditer(printed):
            name, version = unquote(match["name"]), unquote(match["version"])
            found[name] = Package(name, version, int(match["size"]))
        return found

    def known(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the names that the archive has."""
        printed = self._run("apt-cache", "pkgnames")
        there = set(printed.split())
        return tuple(name for name in names if name in there)

    def download(self, packages: Iterable[Package], into: Path) -> None:
        wanted = [f"{package.name}={package.version}" for package in packages]
        if wanted:
            self._run("apt-get", "download", *wanted, cwd=into)

    def _run(self, program: str, *arguments: str, cwd: Path | None = None) -> str:
        try:
            done = subprocess.run(
                [program, *self._options, *arguments], capture_output=True, text=True, check=False, cwd=cwd
            )
        except FileNotFoundError:
            raise LocalkuError(
                f"The debian-14 stack needs {program}, which is not on this machine.",
                "Use a stack that is pulled (`--stack heroku-24`), or a machine with Debian or Ubuntu.",
            ) from None
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.startswith("E:")] or [done.stderr]
            raise LocalkuError(
                f"apt-get could not {arguments[0]}: " + "\n".join(lines).strip(),
                "Does this machine reach its Debian mirror? LOCALKU_DEBIAN_MIRROR names another.",
            )
        return done.stdout
