"""The port of the API: chosen once for a state folder, because it stands in the git remotes of apps."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from localku import whole_file
from localku.errors import CLIENT, Kind, LocalkuError, kind_of

NAME = "api-port"
FIRST = 5080
TRIED = 100
HOST = "127.0.0.1"
"""As a number: Python and Node look names such as `app.localhost` up, and find nothing."""


def of(home: Path) -> int | None:
    """The port that was chosen, None before the first server."""
    with suppress(OSError, ValueError):
        number = int((home / NAME).read_text())
        if 0 < number < 65536:  # noqa: PLR2004
            return number
    return None


def choose(home: Path, number: int) -> None:
    """Keep it for every server from now on."""
    try:
        whole_file.write(home / NAME, f"{number}\n")
    except OSError as error:
        raise LocalkuError(f"The API's port cannot be kept: {error.strerror}.", kind=kind_of(error)) from error


def url(number: int) -> str:
    return f"http://{HOST}:{number}"


def secure(plain: str) -> str:
    """Return the same address for clients that speak TLS, as all do at Heroku."""
    return plain.replace("http:", "https:", 1)


def repository(plain: str, app: str) -> str:
    """Where git finds an app's repository."""
    return f"{secure(plain)}/{app}.git"


def taken(number: int, program: str | None) -> LocalkuError:
    """Say that the chosen port is somebody else's, and how to move."""
    return LocalkuError(
        f"The API's port {number} is in use by {program or 'another program'}.",
        f"Stop that, then run `{CLIENT} server:restart`; or choose another port for good:\n"
        f"`{CLIENT} server:restart --api-port N`. Git remotes of apps then need the new port, too.",
        kind=Kind.CONFLICT,
    )


def barred(number: int, error: LocalkuError) -> LocalkuError:
    """Say that no program of this user may listen on the port."""
    hint = f"Choose another port for the API: `{CLIENT} server:restart --api-port N`."
    return LocalkuError(f"The API cannot have port {number}. {error.message}", hint, kind=error.kind)
