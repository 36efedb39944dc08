"""An apt of our own, beside the machine's: finds out what packages need and downloads it. Needs no root."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

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

_URI = re.compile(r"^'[^']+' ([^_\s]+)_", re.MULTILINE)


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
            # Container images switch this off, and then every call reads all lists again.
            'Dir::Cache::pkgcache "pkgcache.bin"',
            'Dir::Cache::srcpkgcache "srcpkgcache.bin"',
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

    def closure(self, names: Iterable[str]) -> frozenset[str]:
        """What an empty system would need for these packages, themselves included."""
        printed = self._run("apt-get", "install", "--print-uris", "--yes", "-qq", *names)
        return frozenset(_URI.findall(printed))

    def known(self) -> frozenset[str]:
        """Names of all packages of the archive."""
        return frozenset(self._run("apt-cache", "pkgnames").split())

    def download(self, names: Iterable[str], into: Path) -> None:
        """Put the .deb files of these packages into a folder."""
        wanted = sorted(names)
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
