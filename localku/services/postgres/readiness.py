"""Whether a server accepts connections: asked on the wire first, for a program in the container costs far more."""

from __future__ import annotations

import socket
import struct

SSL_REQUEST = struct.pack(">ii", 8, 80877103)
"""PostgreSQL's SSLRequest message: its length and its code (protocol documentation, Message Formats)."""

SECONDS = 1.0

ISREADY = ("/bin/bash", "-c", "exec /usr/lib/postgresql/*/bin/pg_isready -q -h 127.0.0.1 -p 5432")
"""The real question, which a server that still recovers answers with no; not Debian's slower wrapper in Perl."""


def answers_tls(host: str, port: int) -> bool:
    """Whether a PostgreSQL with TLS on speaks at the address; the engine's port proxy alone does not count."""
    try:
        with socket.create_connection((host, port), timeout=SECONDS) as connection:
            connection.sendall(SSL_REQUEST)
            return connection.recv(1) == b"S"
    except OSError:
        return False
