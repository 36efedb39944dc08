"""Where Debian packages come from: this machine's own mirror, else Debian's."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from localku.errors import LocalkuError

SUITE = "forky"
"""Debian 14."""
DEFAULT_MIRROR = "http://deb.debian.org/debian"
_KEYRINGS = ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")


@dataclass(frozen=True)
class Sources:
    """`mirror` is the URI of an archive, `keyring` the file its signature is checked with."""

    mirror: str
    keyring: Path
    architecture: str
    suite: str = SUITE

    @property
    def line(self) -> str:
        """As in a sources.list."""
        return f"deb [signed-by={self.keyring}] {self.mirror} {self.suite} main"


def sources() -> Sources:
    """Raise LocalkuError when Debian's keys or dpkg are not on this machine."""
    return Sources(_mirror(), _keyring(), _architecture())


def _mirror() -> str:
    chosen = os.environ.get("LOCALKU_DEBIAN_MIRROR")
    if chosen:
        return chosen.rstrip("/")
    configured = _output("apt-get", "indextargets", "--format", "$(SITE) $(REPO_URI)", "Created-By: Packages")
    for line in configured.splitlines():
        uri = line.partition(" ")[2].rstrip("/")
        if re.fullmatch(r"https?://\S+/debian", uri):
            return uri
    return DEFAULT_MIRROR


def _keyring() -> Path:
    for name in _KEYRINGS:
        path = Path("/usr/share/keyrings") / name
        if path.exists():
            return path
    raise LocalkuError(
        "Debian's archive keys are not on this machine, so its packages cannot be trusted.",
        "Install them: apt-get install debian-archive-keyring",
    )


def _architecture() -> str:
    found = _output("dpkg", "--print-architecture").strip()
    if not found:
        raise LocalkuError(
            "The debian-14 stack is put together with Debian's tools, and dpkg is not on this machine.",
            "Use a stack that is pulled (`--stack heroku-24`), or a machine with Debian or Ubuntu.",
        )
    return found


def _output(*command: str) -> str:
    """What a program prints, or nothing when it is missing or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""
