"""The Host header: what it may look like, and the name in it."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address

_REMEMBERED = 256
_HOST = re.compile(rb"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._~-]+))(?::[0-9]{0,5})?")


@lru_cache(_REMEMBERED)
def name(host: bytes) -> str | None:
    """The name or address in a Host header: lower case; no port, trailing dot or brackets.

    None where it is not a host at all.
    """
    found = _HOST.fullmatch(host)
    if found is None:
        return None
    address, plain = found.groups()
    if address is not None:
        return _address(address.decode())
    return bytes(plain).decode().lower().rstrip(".") or None


def _address(text: str) -> str | None:
    try:
        return ip_address(text).compressed
    except ValueError:
        return None


def peer(address: str) -> str:
    """A client's address as it goes into X-Forwarded-For: IPv4 also where it came over an IPv6 socket."""
    plain = address.partition("%")[0]
    return plain.removeprefix("::ffff:") if "." in plain else plain
