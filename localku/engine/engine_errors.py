"""Every failure of the engine, turned into a sentence that says what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from localku.engine.refused import Refused
from localku.errors import CLIENT, Kind, LocalkuError


class EngineUnavailable(LocalkuError):
    """No engine answers, or it went away in the middle."""

    kind = Kind.UNAVAILABLE


class NotFound(LocalkuError):
    """The container, image, volume or network does not exist (any more)."""

    kind = Kind.NOT_FOUND


class Conflict(LocalkuError):
    """The engine refuses because of the state something is in."""

    kind = Kind.CONFLICT


class DiskFull(LocalkuError):
    """The engine's disk has no room left."""


_START = f"Start it (Docker Desktop, `systemctl start docker`), or let `{CLIENT} doctor --fix` do it."


_NO_FRAME = "is not a valid stream"
"""The end of docker-py's words, and of `two_way.py`'s, for an engine that writes a sentence where output belongs: it
could not start it."""

_NOT_ALLOWED = "this user may not open its socket (join the group `docker`, or use sudo)"


def unavailable(detail: str) -> EngineUnavailable:
    return EngineUnavailable(f"No Docker engine answers: {detail}", _remedy(detail))


def _remedy(detail: str) -> str:
    if detail.endswith(_NOT_ALLOWED):
        return "For the group: `sudo usermod -aG docker $USER`, and log in again."
    address = os.environ.get("DOCKER_HOST")
    return f"DOCKER_HOST is {address}: start the engine there, correct it, or unset it." if address else _START


def disk_full(doing: str) -> DiskFull:
    return DiskFull(
        f"{doing}: the engine's disk is full.",
        "Free some space (`docker system df` shows what is large) and try again.",
    )


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Raise only LocalkuError from docker-py, requests and sockets; `doing` is what was tried."""
    try:
        yield
    except Exception as error:
        found = _explanation(doing, error)
        if found is None:
            raise
        raise found from error


def _explanation(doing: str, error: Exception) -> LocalkuError | None:
    """None: it is a fault of ours. Where docker-py is not imported, it is no error of docker-py's either."""
    if isinstance(error, Refused):
        return _api_error(doing, error.status, error.explanation)
    found = _docker_explanation(doing, error) if "docker" in sys.modules else None
    if found is not None:
        return found
    if isinstance(error, TimeoutError):
        return unavailable(f"{doing}: it took too long")
    if isinstance(error, OSError | EOFError):
        return unavailable(f"{doing}: {_short(error)}")
    if isinstance(error, ValueError) and str(error).endswith(_NO_FRAME):
        return Conflict(f"{doing}: it was just ending")
    return None


def _docker_explanation(doing: str, error: Exception) -> LocalkuError | None:
    import docker.errors as docker_errors
    import requests.exceptions as requests_errors
    import urllib3.exceptions as urllib3_errors

    if isinstance(error, docker_errors.NotFound):
        return NotFound(f"{doing}: {error.explanation or error}")
    if isinstance(error, docker_errors.APIError):
        return _api_error(doing, error.status_code, str(error.explanation or error))
    if isinstance(error, docker_errors.DockerException):
        return unavailable(f"{doing}: {_short(error)}")
    if isinstance(error, requests_errors.Timeout):
        return unavailable(f"{doing}: it took too long")
    if isinstance(error, requests_errors.RequestException | urllib3_errors.HTTPError):
        return unavailable(f"{doing}: {_short(error)}")
    return None


def _api_error(doing: str, status: int | None, text: str) -> LocalkuError:
    if "no space left on device" in text:
        return disk_full(doing)
    if status == 404:  # noqa: PLR2004
        return NotFound(f"{doing}: {text}")
    if status == 409:  # noqa: PLR2004
        return Conflict(f"{doing}: {text}")
    return LocalkuError(f"{doing}: the engine says: {text}")


def _short(error: BaseException) -> str:
    text = str(error)
    if "No such file or directory" in text or "Connection refused" in text:
        return "nothing listens at its socket"
    if "Permission denied" in text or "PermissionError" in text:
        return _NOT_ALLOWED
    if "Connection aborted" in text or "RemoteDisconnected" in text or "Connection broken" in text:
        return "the connection broke off"
    return text
