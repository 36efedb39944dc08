"""Named volumes: build caches, databases, and what dynos have read-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.engine.engine_errors import Conflict, NotFound, explained

if TYPE_CHECKING:
    from docker import APIClient


@dataclass(frozen=True)
class Volume:
    """`place` is where its files are on the engine's machine, empty where the engine does not say."""

    place: str
    labels: Mapping[str, str]


class Volumes:
    def __init__(self, api: APIClient) -> None:
        self._api = api

    def ensure(self, name: str, labels: Mapping[str, str]) -> None:
        with explained(f"Could not create the volume {name}"):
            self._api.create_volume(name, labels=dict(labels))

    def exists(self, name: str) -> bool:
        return self.find(name) is not None

    def find(self, name: str) -> Volume | None:
        try:
            with explained(f"Could not look at the volume {name}"):
                row = self._api.inspect_volume(name)
        except NotFound:
            return None
        return Volume(place=str(row.get("Mountpoint") or ""), labels=row.get("Labels") or {})

    def remove(self, name: str) -> bool:
        """Take a volume away. False when a container still has it; gone already is no error."""
        try:
            with explained(f"Could not remove the volume {name}"):
                self._api.remove_volume(name, force=True)
        except NotFound:
            return True
        except Conflict:
            return False
        return True

    def labelled(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        wanted = [f"{key}={value}" for key, value in labels.items()]
        with explained("Could not list the volumes"):
            rows = self._api.volumes(filters={"label": wanted})["Volumes"] or []
        return tuple(str(row["Name"]) for row in rows)

    def sizes(self) -> dict[str, int]:
        """Bytes in each volume of the engine, by its name. The engine reads all of them, which takes a while."""
        with explained("Could not measure the volumes"):
            rows = self._api.df().get("Volumes") or []
        return {str(row["Name"]): max(0, int((row.get("UsageData") or {}).get("Size") or 0)) for row in rows}
