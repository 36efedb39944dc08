"""The Node that the config var NODE_BINARY_URL names: a tarball with a bin/node.

As in heroku-buildpack-nodejs (lib/runtimes/nodejs.sh), no version is resolved then and no checksum looked at.
"""

from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING

from nodekit import runtime
from nodekit.fetch import FetchError
from nodekit.output import BuildFailed, info
from nodekit.registry import Artifact
from nodekit.runtime import Package as Unpacked

from . import texts

if TYPE_CHECKING:
    from nodekit.registry import Registry

    from .build import Build


def unpacked(address: str, build: Build, registry: Registry) -> Unpacked:
    """Download it, or take what was downloaded from the same address. BuildFailed says why it cannot be had."""
    info(f"Downloading and installing node from {address}")
    name = f"node-binary-{hashlib.sha256(address.encode()).hexdigest()[:16]}"
    try:
        folder = runtime.unpacked_node(registry, name, Artifact("0.0.0", address, ""))
        asked = subprocess.run(
            [folder / "bin" / "node", "--version"], env=build.env, capture_output=True, text=True, check=True
        )
    except (FetchError, OSError, subprocess.CalledProcessError) as exc:
        raise BuildFailed(texts.no_binary(str(exc))) from exc
    return Unpacked(name, asked.stdout.strip().removeprefix("v"), folder)
