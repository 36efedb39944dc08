"""The bridge network that dynos and add-ons share."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from localku.engine.engine_errors import Conflict, NotFound, explained

if TYPE_CHECKING:
    from docker import APIClient

_ONE_AT_A_TIME = threading.Lock()
_LOOKS, _PAUSE = 50, 0.1
"""How often, and after how many seconds, it is looked whether another process has taken its network away."""


class Networks:
    def __init__(self, api: APIClient) -> None:
        self._api = api

    def gateway(self, name: str) -> str | None:
        """The host's address on the network, None when there is no such network."""
        try:
            with explained(f"Could not look at the network {name}"):
                row = self._api.inspect_network(name)
        except NotFound:
            return None
        return _gateway(row)

    def ensure(self, name: str, labels: dict[str, str]) -> str:
        """Make the network unless it exists; return the host's address on it.

        Containers on it reach the world and ports published on the gateway, not each
        other: a dyno cannot reach another dyno (Dev Center, "Dynos").
        """
        found = self.gateway(name)
        if found is not None:
            return found
        with _ONE_AT_A_TIME:
            found = self.gateway(name)
            if found is not None:
                return found
            try:
                with explained(f"Could not create the network {name}"):
                    made = self._api.create_network(
                        name,
                        driver="bridge",
                        options={"com.docker.network.bridge.enable_icc": "false"},
                        check_duplicate=True,
                        labels=labels,
                    )
            except Conflict:
                pass  # another localku made it in this very moment
            else:
                self._settle(name, made["Id"])
            with explained(f"Could not look at the network {name}"):
                return _gateway(self._api.inspect_network(name))

    def _settle(self, name: str, made: str) -> None:
        """Where another process has made one too, which engines do not prevent, the older one stays.

        Until the other is gone, the name would be ambiguous to whoever starts a container.
        """
        for _ in range(_LOOKS):
            with explained(f"Could not look at the network {name}"):
                rows = [row for row in self._api.networks(names=[name]) if row["Name"] == name]
            oldest = min(rows, key=lambda row: (row["Created"], row["Id"]), default=None)
            if oldest is not None and oldest["Id"] != made:
                self.remove(made)
                return
            if len(rows) < 2:  # noqa: PLR2004
                return
            time.sleep(_PAUSE)

    def remove(self, name: str) -> None:
        try:
            with explained(f"Could not remove the network {name}"):
                self._api.remove_network(name)
        except NotFound:
            return


def _gateway(row: dict[str, Any]) -> str:
    return str(row["IPAM"]["Config"][0]["Gateway"]).split("/")[0]
