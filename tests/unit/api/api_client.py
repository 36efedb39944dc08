"""A client of the API in the same process, which holds each answer against Heroku's schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from platform_schema import faults

if TYPE_CHECKING:
    import httpx2
    from starlette.testclient import TestClient


@dataclass(frozen=True)
class Api:
    client: TestClient
    headers: Mapping[str, str]

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        return self.client.request(method, path, json=body, headers={**self.headers, **(headers or {})})

    def get(self, path: str, of: str = "", **headers: str) -> Any:
        return self._good("GET", path, None, of, headers)

    def post(self, path: str, body: object = None, of: str = "") -> Any:
        return self._good("POST", path, body, of)

    def patch(self, path: str, body: object, of: str = "") -> Any:
        return self._good("PATCH", path, body, of)

    def put(self, path: str, body: object, of: str = "") -> Any:
        return self._good("PUT", path, body, of)

    def delete(self, path: str, of: str = "") -> Any:
        return self._good("DELETE", path, None, of)

    def refused(self, method: str, path: str, body: object = None) -> tuple[int, str, str]:
        """The status, the id and the message of an error."""
        reply = self.call(method, path, body)
        assert reply.headers["content-type"] == "application/json"
        said = reply.json()
        assert set(said) <= {"id", "message", "resource"}
        return reply.status_code, said["id"], said["message"]

    def _good(self, method: str, path: str, body: object, of: str, headers: Mapping[str, str] | None = None) -> Any:
        reply = self.call(method, path, body, headers)
        assert reply.is_success, reply.text
        assert reply.headers["content-type"] == "application/json"
        content = reply.json()
        if of:
            found = faults(of, content)
            assert not found, found
        return content
