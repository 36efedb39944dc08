"""A volume on which builds follow one another, with the driver's own record of what each has left to the next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.slugs.inside.last_build import LastBuild

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

VARIABLES = ("LOCALKU_LAST_BUILD", "LOCALKU_SPARES", "LOCALKU_KEEP", "LOCALKU_OLD")


@dataclass
class Volume:
    """`names` are the folders that make up the dependency layer."""

    root: Path
    monkeypatch: pytest.MonkeyPatch
    names: tuple[str, ...] = (".heroku", "node_modules", "bower_components")
    number: int = 0

    @property
    def cache(self) -> Path:
        return self.root / "codon" / "cache"

    @property
    def folder(self) -> Path:
        return self.root / f"build_{self.number}"

    @property
    def last(self) -> LastBuild:
        return LastBuild(self.root / "codon", self.folder)

    def begin(self) -> Path:
        """Begin the next build, and return its folder; without `end` it has failed."""
        self.number += 1
        self.folder.mkdir(parents=True)
        self.cache.mkdir(parents=True, exist_ok=True)
        self.last.prepare(self.names)
        told = self.last.environment()
        for name in VARIABLES:
            self.monkeypatch.delenv(name, raising=False)
            if name in told:
                self.monkeypatch.setenv(name, told[name])
        return self.folder

    def end(self) -> str:
        """Return the fingerprint of the build's layer."""
        return self.last.fingerprint([name for name in self.names if (self.folder / name).is_dir()])

    def offered(self) -> set[str]:
        return set(json.loads((self.root / "codon" / "spares.json").read_text()))
