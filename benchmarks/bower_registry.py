"""The Bower registry that all copies of the app are built from, on this machine."""

from __future__ import annotations

import ipaddress
import json
import subprocess
from pathlib import Path

from tests.support.bower_world import BowerWorld


def bower_registry(folder: Path) -> BowerWorld:
    """Return one that containers of every network reach."""
    return BowerWorld(folder, bind=_bridge_address())


def _bridge_address() -> str:
    """Address of this machine on the engine's default bridge."""
    form = "{{json .IPAM.Config}}"
    found = subprocess.run(
        ["docker", "network", "inspect", "bridge", "--format", form], capture_output=True, text=True, check=True
    )
    config = json.loads(found.stdout)[0]
    return str(config.get("Gateway") or next(ipaddress.ip_network(config["Subnet"]).hosts()))
