"""The benchmark's app and the Bower registry it is built from, both on this machine."""

from __future__ import annotations

import ipaddress
import json
import shutil
import subprocess
from pathlib import Path

from tests.support.bower_world import BowerWorld
from tests.support.localku import commit

TEMPLATE = Path(__file__).parent / "app"
CHANGED_FILE = Path("shelf", "views.py")
_LINE = 'NOTE = "edition {}"'


def bridge_address() -> str:
    """Address of this machine on the engine's default bridge: containers of every network reach it."""
    form = "{{json .IPAM.Config}}"
    found = subprocess.run(
        ["docker", "network", "inspect", "bridge", "--format", form], capture_output=True, text=True, check=True
    )
    config = json.loads(found.stdout)[0]
    return str(config.get("Gateway") or next(ipaddress.ip_network(config["Subnet"]).hosts()))


def bower_world(folder: Path) -> BowerWorld:
    return BowerWorld(folder, bind=bridge_address())


class App:
    """One contender's own copy of the app."""

    def __init__(self, folder: Path, bower: BowerWorld) -> None:
        self.folder = folder
        self.edition = 0
        shutil.copytree(TEMPLATE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / ".bowerrc").write_text(bower.bowerrc(directory="assets/vendor"))
        commit(folder, "first")

    @property
    def note(self) -> str:
        """What the page shows: proof that the answer comes from the newest edition."""
        return f"edition {self.edition}"

    def change_one_line(self) -> None:
        file = self.folder / CHANGED_FILE
        before, self.edition = _LINE.format(self.edition), self.edition + 1
        text = file.read_text()
        if before not in text:
            raise ValueError(f"{CHANGED_FILE} has no line {before}")
        file.write_text(text.replace(before, _LINE.format(self.edition)))
