"""Which HTTP a TLS client and the router agree on (RFC 7301)."""

from __future__ import annotations

from localku.router.connection import Connection

HTTP2 = "h2"
HTTP1 = "http/1.1"


def offered(name: str) -> list[str]:
    """What is offered under a name: HTTP/2 for custom domains only, as Heroku does (HR25)."""
    return [HTTP1] if name.endswith((".localhost", ".herokuapp.com")) else [HTTP2, HTTP1]


def http2(client: Connection) -> str | None:
    """The TLS version, such as `tls1.3`, of a connection that was agreed to speak HTTP/2; else None."""
    tls = client.transport.get_extra_info("ssl_object")
    if tls is None or tls.selected_alpn_protocol() != HTTP2:
        return None
    return str(tls.version()).lower().replace("tlsv", "tls")
