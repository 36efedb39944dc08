"""Who is let in: who has the token, from this machine, and no page of a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from localku.api import api_errors, api_token

HOSTS = ("127.0.0.1", "localhost")
"""Names of this door. Any other may be a page's that has its own name point here (DNS rebinding)."""

CHALLENGE = {"WWW-Authenticate": 'Basic realm="localku"'}


@dataclass(frozen=True)
class Refused:
    status: int
    body: Mapping[str, str]
    headers: Mapping[str, str]


def refuse(headers: Mapping[str, str], token: str) -> Refused | None:
    """Why a request is not let in, None where it is."""
    return refuse_strangers(headers) or _refuse_without(headers, token)


def refuse_strangers(headers: Mapping[str, str]) -> Refused | None:
    """A request for another host, or one that a page of a browser made."""
    host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    if host.lower().rstrip(".") not in HOSTS:
        return _forbidden("This API answers to 127.0.0.1 and localhost only.")
    if headers.get("origin") or headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return _forbidden("This API does not answer to pages of a browser.")
    return None


def _refuse_without(headers: Mapping[str, str], token: str) -> Refused | None:
    if api_token.admits(headers.get("authorization"), token):
        return None
    return Refused(401, api_errors.UNAUTHORIZED, CHALLENGE)


def _forbidden(message: str) -> Refused:
    return Refused(403, {"id": "forbidden", "message": message}, {})
