"""What git is told of the API's address, by variables alone: the token goes to localku, and nowhere else.

Fetches go by https, to whoever has a certificate of localku's own authority. Pushes go to the plain port, so that they
need no certificate, through a program of ours, which starts the server: a push finds it, however long ago it was last
needed. That program alone gives the token, once it knows that the port is the server's. No proxy is asked for either.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from localku.control import api_port

if TYPE_CHECKING:
    from localku.cli.heroku_cli.api_access import Access

Settings = Sequence[tuple[str, str]]


def of_shell(access: Access) -> Settings:
    """For all that is run in a shell. The URLs of the remotes stay Heroku's, https."""
    secure = api_port.secure(access.url)
    return (
        (f"url.localku::{access.url}/.pushInsteadOf", f"{secure}/"),
        *_to(secure, access.token),
        (f"http.{secure}/.sslCAInfo", str(access.authority)),
        (f"http.{secure}/.sslVerify", "true"),
    )


def of_push(url: str, token: str) -> Settings:
    """For one push, at the plain port."""
    return _to(url, token)


def _to(url: str, token: str) -> Settings:
    header = base64.b64encode(f"heroku:{token}".encode()).decode()
    return ((f"http.{url}/.extraHeader", f"Authorization: Basic {header}"), (f"http.{url}/.proxy", ""))


def added(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Variables that add settings to those that the environment has (git-config(1), "ENVIRONMENT")."""
    first = count(environ)
    made = {"GIT_CONFIG_COUNT": str(first + len(settings))}
    for number, (key, value) in enumerate(settings, start=first):
        made |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return made


def count(environ: Mapping[str, str]) -> int:
    """How many settings the environment has."""
    given = environ.get("GIT_CONFIG_COUNT", "")
    return int(given) if given.isdecimal() else 0
