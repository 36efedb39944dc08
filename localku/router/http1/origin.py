"""Where a request comes from, as the dyno and the log are told."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from localku.router.http1.http_lines import Values


class Caller(NamedTuple):
    """A client's address, and the port of ours that it has connected to."""

    address: str
    port: int


class Origin(NamedTuple):
    """What the router knows of a request beside its bytes; `http2` is the TLS version of one that came over HTTP/2."""

    address: str
    tls: bool
    arrived: datetime
    http2: str | None = None
    port: int = 0

    @property
    def protocol(self) -> str:
        """What the log line says after `protocol=`: HR25's form for HTTP/2, that of all captures for the rest."""
        if self.http2:
            return f"http2.0 tls=true tls_version={self.http2}"
        return "https" if self.tls else "http"


def joined(values: Values, key: bytes, last: bytes) -> bytes:
    """What a header says that may come more than once, with one value more on the right."""
    found = values.get(key)
    return last if found is None else b", ".join([one for one in found if one] + [last])


def forwarded_for(values: Values, origin: Origin) -> bytes:
    """The client's own X-Forwarded-For with its real address on the right."""
    return joined(values, b"x-forwarded-for", origin.address.encode())
