"""The bridge network that dynos and add-ons share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localku.engine.engine_errors import Conflict, NotFound, explained

if TYPE_CHECKING:
    from docker import APIClient


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
        try:
            with explained(f"Could not create the network {name}"):
                self._api.create_network(
                    name,
                    driver="bridge",
                    options={"com.docker.network.bridge.enable_icc": "false"},
                    check_duplicate=True,
                    labels=labels,
                )
        except Conflict:
            pass  # another localku made it in this very moment
        with explained(f"Could not look at the network {name}"):
            return _gateway(self._api.inspect_network(name))

    def remove(self, name: str) -> None:
        try:
            with explained(f"Could not remove the network {name}"):
                self._api.remove_network(name)
        except NotFound:
            return


def _gateway(row: dict[str, Any]) -> str:
    return str(row["IPAM"]["Config"][0]["Gateway"]).split("/")[0]
