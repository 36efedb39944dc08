"""Heroku's own builds of Python."""

from __future__ import annotations

import os
import platform
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from pybuild import output, trees, version_errors
from pybuild.available import Available
from pybuild.context import Build
from pybuild.output import BuildpackError
from pybuild.versions import LATEST, Request, Version

BASE_URL = "https://heroku-buildpack-python.s3.dualstack.us-east-1.amazonaws.com"
"""heroku-buildpack-python v351, lib/python.sh. Files are python-X.Y.Z-ubuntu-NN.04-ARCH.tar.zst."""

_MISSING = ("returned error: 403", "returned error: 404")


def url(stack: str, version: Version, architecture: str) -> str:
    ubuntu = f"{stack.removeprefix('heroku-')}.04"
    return f"{BASE_URL}/python-{version}-ubuntu-{ubuntu}-{architecture}.tar.zst"


def fetch(build: Build, request: Request, version: Version, choice: Available, target: Path) -> None:
    """Unpack Heroku's Python into `target`, or raise BuildpackError and leave nothing behind."""
    if not choice.downloadable:
        raise version_errors.unavailable(request, choice)
    address = url(build.stack, version, architecture())
    unpacked = target.with_name(f"{target.name}.new")
    trees.remove(unpacked, target)
    unpacked.mkdir(parents=True)
    problem = _download(address, unpacked)
    if problem is None:
        unpacked.rename(target)
        return
    trees.remove(unpacked)
    for line in problem.splitlines():
        output.indented(line)
    if any(text in problem for text in _MISSING) and version != LATEST.get(version.series):
        raise version_errors.unavailable(request, choice)
    raise BuildpackError(
        "install-python",
        "Error: Unable to download/install Python.\n\n"
        f"Fetching Python {version} failed, see above. It was to come from:\n{address}\n\n"
        "Check this machine's connection, then build again.\n\n"
        f"Without network: {replace(choice, downloadable=False).sentence}",
        problem.partition("\n")[0],
    )


def _download(address: str, target: Path) -> str | None:
    """Fetch and unpack; return what went wrong, or None. Time limits in seconds, as in Heroku's buildpack."""
    limit = os.environ.get("CURL_TIMEOUT", "60")
    connect = os.environ.get("CURL_CONNECT_TIMEOUT", "3")
    curl = ["curl", "--fail", "--silent", "--show-error", "--connect-timeout", connect]
    curl += ["--max-time", limit, "--retry-max-time", limit, "--retry", "5", "--retry-connrefused", address]
    tar = ["tar", "--extract", "--zstd", "--directory", str(target)]
    with tempfile.TemporaryFile("w+") as problems:
        with subprocess.Popen(curl, stdout=subprocess.PIPE, stderr=problems) as fetching:
            unpacking = subprocess.run(tar, stdin=fetching.stdout, stderr=problems, check=False)
        if fetching.returncode == 0 and unpacking.returncode == 0:
            return None
        problems.seek(0)
        return problems.read().strip() or "The download broke off."


def architecture() -> str:
    """Return the Debian name of this machine's processor, `amd64` or `arm64`."""
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
