"""Programs and libraries of npm beside the tools of the tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from localku import locks


def installed(name: str, version: str) -> Path:
    """Install a package where it is not there yet; return the folder `node_modules` that it is in."""
    folder = Path(sys.prefix) / f"{name}-{version}"
    with locks.waited(Path(sys.prefix) / f"{name}.lock"):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", f"{name}@{version}"]
            subprocess.run(command, check=True, capture_output=True, timeout=600)
            (folder / "complete").touch()
    return folder / "node_modules"
