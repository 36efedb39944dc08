"""Whether a server accepts connections, asked as a client asks: no program in the container, no line in its log."""

from __future__ import annotations

import socket
import ssl
import struct
from contextlib import suppress

SSL_REQUEST = struct.pack(">ii", 8, 80877103)
"""PostgreSQL's SSLRequest message: its length and its code (protocol documentation, Message Formats)."""

_WORDS = b"user\0localku\0database\0postgres\0\0"
STARTUP = struct.pack(">ii", 8 + len(_WORDS), 196608) + _WORDS
"""StartupMessage of protocol 3.0. The role is nobody's: a server asks it for a password all the same."""

SECONDS = 1.0
MOST_BYTES = 4096
"""Of an answer."""

AUTHENTICATION, ERROR = b"R", b"E"
CANNOT_CONNECT_NOW = b"C57P03\0"
"""The SQLSTATE field of an error while the server starts, recovers or stops."""


def accepts(host: str, port: int) -> bool:
    """Whether a PostgreSQL with TLS on would let clients in: libpq's PQping over TLS.

    The connection ends as a client's does that has no password to give, and not after the server's consent to TLS: of a
    handshake that does not come, or TLS without its end, a server complains in its log.
    """
    try:
        with socket.create_connection((host, port), timeout=SECONDS) as connection:
            connection.sendall(SSL_REQUEST)
            return connection.recv(1) == b"S" and _lets_in(connection)
    except OSError:
        return False


def _lets_in(connection: socket.socket) -> bool:
    with _trusting().wrap_socket(connection) as secure:
        secure.sendall(STARTUP)
        answer = secure.recv(MOST_BYTES)
        with suppress(OSError):  # it may go without a word
            secure.unwrap()
    return answer[:1] == AUTHENTICATION or (answer[:1] == ERROR and CANNOT_CONNECT_NOW not in answer)


def _trusting() -> ssl.SSLContext:
    """No secret is told: whoever answers may be anybody."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made
