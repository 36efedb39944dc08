"""The one question asked so often that importing docker-py for it would be what takes the time."""

from __future__ import annotations

import http.client
import os
import socket
from http import HTTPStatus
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
    if not address and _another_context():
        return None
    connection = _UnixConnection(path)
    try:
        connection.request("GET", f"/images/{quote(tag, safe=':/')}/json")
        return _ANSWERS.get(connection.getresponse().status)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


_ANSWERS = {HTTPStatus.OK.value: True, HTTPStatus.NOT_FOUND.value: False}


def _another_context() -> bool:
    """Whether the docker CLI's current context may be another engine than the default socket's."""
    if os.environ.get("DOCKER_CONTEXT"):
        return True
    folder = os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker"
    try:
        return '"currentContext"' in Path(folder, "config.json").read_text(errors="replace")
    except OSError:
        return False


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self._path)
