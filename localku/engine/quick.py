"""The one question asked so often that importing docker-py for it would be what takes the time."""

from __future__ import annotations

import http.client
import os
import socket
from pathlib import Path
from urllib.parse import quote

DEFAULT_SOCKET = "/var/run/docker.sock"
SECONDS = 5.0


def image_exists(tag: str) -> bool | None:
    """Ask the engine's Unix socket for an image; None when that is not where the engine is."""
    address = os.environ.get("DOCKER_HOST", "")
    if address and not address.startswith("unix://"):
        return None
    path = address.removeprefix("unix://") or DEFAULT_SOCKET
    if os.environ.get("DOCKER_CONTEXT") or not Path(path).is_socket():
        return None
    connection = _UnixConnection(path)
    try:
        connection.request("GET", f"/images/{quote(tag, safe=':/')}/json")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self._path)
