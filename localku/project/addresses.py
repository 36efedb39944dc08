"""What can be an address on the web at all."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
"""RFC 3986, 2: reserved and unreserved characters, and those that are percent-encoded."""

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
"""RFC 1035, 2.3.4, and the underscore that names in private networks have."""

_IPV6 = re.compile(r"[0-9A-Fa-f:.]+")


def possible(url: str) -> bool:
    """Whether it is a URL with a host that could exist, its characters those of RFC 3986, its port a number."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (raises for what is no port)
    except ValueError:
        return False
    host = parts.hostname or ""
    return bool(_CHARACTERS.fullmatch(url) and (_HOST.fullmatch(host) or (":" in host and _IPV6.fullmatch(host))))
