"""Which name a TLS client asks for, read from its first message before the handshake begins."""

from __future__ import annotations

from typing import NamedTuple

MOST = 64 * 1024
"""Bytes of a first message that are waited for; own, far more than any client sends."""

_HANDSHAKE, _CLIENT_HELLO = 22, 1  # RFC 8446 §5.1, §4
_RECORD_HEAD, _MESSAGE_HEAD = 5, 4
_VERSION_AND_RANDOM = 34
_SERVER_NAME, _HOST_NAME = 0, 0  # RFC 6066 §3


class Hello(NamedTuple):
    """`whole`: nothing more is to come. `name` is as the client wrote it, None where it names no host."""

    whole: bool
    name: str | None = None


def read(data: bytes) -> Hello:
    """Read what has come by now. What is no ClientHello is whole, and without a name: the handshake will say so."""
    message = _message(data)
    if message is None:
        return Hello(whole=len(data) >= MOST)
    try:
        return Hello(whole=True, name=_name(_Bytes(message)))
    except (IndexError, UnicodeDecodeError):
        return Hello(whole=True)


def _message(data: bytes) -> bytes | None:
    """The first handshake message, out of as many records as it has; None while something is missing."""
    message, at = b"", 0
    while len(data) >= at + _RECORD_HEAD:
        if data[at] != _HANDSHAKE:
            return b""
        body = at + _RECORD_HEAD
        at = body + int.from_bytes(data[at + 3 : body])
        message += data[body:at]
        size = _MESSAGE_HEAD + int.from_bytes(message[1:_MESSAGE_HEAD])
        if len(message) >= max(size, _MESSAGE_HEAD):
            return message[:size]
        if at == body:
            return b""  # an empty record is none of a handshake (RFC 8446 §5.1)
    return None


class _Bytes:
    """Takes a message apart. Raises IndexError where it is too short."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._data):
            raise IndexError
        piece, self._at = self._data[self._at : end], end
        return piece

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def vector(self, size: int) -> _Bytes:
        """Bytes whose number stands before them, in so many bytes."""
        return _Bytes(self.take(self.number(size)))


def _name(message: _Bytes) -> str | None:
    """RFC 8446 §4.1.2: version and random, session, cipher suites, compression, extensions."""
    if message.number(1) != _CLIENT_HELLO:
        return None
    message.take(3 + _VERSION_AND_RANDOM)
    for size in (1, 2, 1):
        message.vector(size)
    extensions = message.vector(2) if message.left else message
    while extensions.left:
        kind, content = extensions.number(2), extensions.vector(2)
        if kind == _SERVER_NAME:
            return _host(content.vector(2))
    return None


def _host(names: _Bytes) -> str | None:
    while names.left:
        kind, name = names.number(1), names.vector(2)
        if kind == _HOST_NAME:
            return name.take(name.left).decode("ascii")
    return None
