"""Where a drain leads: the URL of `drains:add`, taken apart and checked."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from localku.errors import Kind, LocalkuError
from localku.project import addresses

DEFAULT_PORTS = {"http": 80, "https": 443, "syslog": 514, "syslog+tls": 6514}
"""Scheme to port; the syslog ones are those of the RFCs 3164 and 5425, as in Logplex."""

_FORMS = "Give https://HOST/PATH, http://HOST/PATH, syslog://HOST:PORT or syslog+tls://HOST:PORT."


@dataclass(frozen=True)
class Address:
    """`target` is path and query of an HTTP drain; `shown` the URL with its password masked."""

    scheme: str
    host: str
    port: int
    target: str
    user: str
    password: str
    shown: str

    @property
    def authority(self) -> str:
        """The Host header of a request there."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_http(self) -> bool:
        return self.scheme in {"http", "https"}

    @property
    def is_tls(self) -> bool:
        return self.scheme in {"https", "syslog+tls"}


def parse(url: str) -> Address:
    """Take a drain's URL apart. Raises LocalkuError for one that nothing can be sent to."""
    parts = urlsplit(url) if addresses.possible(url) else None
    if parts is None or parts.scheme not in DEFAULT_PORTS:
        raise LocalkuError("The drain's URL is invalid.", _FORMS, kind=Kind.INVALID, resource="log-drain")
    shown = url.replace(f":{parts.password}@", ":***@", 1) if parts.password else url
    return Address(
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        shown=shown,
    )
