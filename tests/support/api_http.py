"""A client of the API of a running server, as any client is: over HTTP, with the token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

from localku.control import api_port

if TYPE_CHECKING:
    from support.localku import Localku


@dataclass(frozen=True)
class ApiClient:
    """`lk` says the same by its own commands, in `folder`, which is no app's."""

    lk: Localku
    folder: Path
    url: str
    headers: Mapping[str, str]

    def call(self, method: str, path: str, body: object = None) -> Any:
        reply = httpx2.request(method, f"{self.url}{path}", json=body, headers=self.headers, timeout=120)
        assert reply.is_success, reply.text
        return reply.json()


def api_client(lk: Localku, folder: Path) -> ApiClient:
    """The server is started, and with it there are a port and a token."""
    lk.ok("env", "--shell", "bash", cwd=folder)
    port = api_port.of(lk.home)
    assert port is not None
    token = (lk.home / "api-token").read_text().strip()
    return ApiClient(lk, folder, api_port.url(port), {"Authorization": f"Bearer {token}"})
