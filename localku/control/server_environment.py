"""The variables that the server takes at its start, and how a command's own differ from them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from localku.control.registries import REGISTRIES
from localku.errors import CLIENT

LISTED = (
    *("LOCALKU_CLOCK_SCALE", "TZ"),
    *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONFIG", "DOCKER_API_VERSION"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *REGISTRIES,
)
"""What the work of the server depends on."""

ALSO = re.compile(
    r"(HOME|USER|LOGNAME|SHELL|PATH|LANG|LC_\w+|TMPDIR|VIRTUAL_ENV|XDG_\w+|LD_LIBRARY_PATH|PYTHON\w*|LOCALKU_HOME)$"
)
"""What it takes over beside that, to find its own files: no command differs from a server by these."""

_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")


def listed(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: environ[name] for name in LISTED if environ.get(name)}


def taken(environ: Mapping[str, str]) -> dict[str, str]:
    """All that a server which is started from here has."""
    return listed(environ) | {name: value for name, value in environ.items() if ALSO.match(name)}


def shown(value: str) -> str:
    """The value for people: without a proxy's password."""
    return _PASSWORD.sub(r"\1:***@", value)


def differences(mine: Mapping[str, str], its: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence for each variable that a command has otherwise than the server."""
    return tuple(
        f"{name} is {_said(mine.get(name))} here and {_said(its.get(name))} in the server; "
        f"`{CLIENT} server:restart` starts it with this one."
        for name in LISTED
        if mine.get(name) != its.get(name)
    )


def _said(value: str | None) -> str:
    return "not set" if value is None else f"'{shown(value)}'"
