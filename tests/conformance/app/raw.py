"""A web process on bare sockets that answers as the path says, right or wrong: `python raw.py`."""

import base64
import hashlib
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

OK = b"HTTP/1.1 200 OK\r\n"
ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What RFC 6455 §1.3 has a server append to the client's key."""


@dataclass
class Request:
    head: list[bytes]
    reader: BinaryIO
    argument: str

    def value(self, name: bytes) -> bytes:
        found = (line.partition(b": ") for line in self.head[1:])
        return next((value for key, _, value in found if key.lower() == name), b"")


def whole(body: bytes) -> bytes:
    return OK + b"Content-Length: %d\r\n\r\n" % len(body) + body


def sleep(request: Request) -> bytes:
    time.sleep(float(request.argument))
    print(f"slept {request.argument}", flush=True)
    return whole(b"awake")


def headers(request: Request) -> bytes:
    return whole(json.dumps([line.decode("latin-1") for line in request.head]).encode())


def chunks(request: Request) -> bytes:
    """Send the body back as it came: chunk headers and all, itself in one chunk."""
    raw = b""
    while not raw.endswith(b"0\r\n\r\n"):
        raw += request.reader.readline()
    return OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(raw), raw)


def websocket(request: Request) -> bytes:
    digest = base64.b64encode(hashlib.sha1(request.value(b"sec-websocket-key") + ACCEPT).digest())  # noqa: S324
    return b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + (
        b"Sec-WebSocket-Accept: " + digest + b"\r\n\r\n"
    )


ANSWERS: dict[str, Callable[[Request], bytes]] = {
    "/sleep": sleep,
    "/close": lambda _: b"",
    "/half": lambda _: OK + b"Content-Length: 10\r\n\r\nhello",
    "/stall": lambda _: OK + b"Content-Length: 10\r\n\r\nhello",
    "/no-reason": lambda _: b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    "/cookie": lambda _: OK + b"Set-Cookie: a=" + b"x" * 8192 + b"\r\nContent-Length: 0\r\n\r\n",
    "/header": lambda _: OK + b"X-Long: " + b"x" * 512 * 1024 + b"\r\nContent-Length: 0\r\n\r\n",
    "/status": lambda _: b"HTTP/1.1 200 " + b"x" * 8192 + b"\r\nContent-Length: 0\r\n\r\n",
    "/lengths": lambda _: OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "/headers": headers,
    "/chunks": chunks,
    "/chunked": lambda _: OK + b"Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n",
    "/websocket": websocket,
    "/deaf": lambda _: whole(b"deaf from now on"),
}


def lines(reader: BinaryIO) -> Iterator[bytes]:
    """The lines of a head, up to the empty one or the end of the connection."""
    while (line := reader.readline().rstrip(b"\r\n")) != b"":
        yield line


def serve(connection: socket.socket, server: socket.socket) -> None:
    """Answer one request."""
    with connection, connection.makefile("rb") as reader:
        head = list(lines(reader))
        if not head:
            return  # somebody only looked whether the port is open
        path, _, argument = head[0].split(b" ")[1].decode().partition("?")
        if path == "/deaf":
            server.shutdown(socket.SHUT_RDWR)
            server.close()
        connection.sendall(ANSWERS[path](Request(head, reader, argument)))
        if path == "/websocket":
            while data := connection.recv(65536):  # an echo of frames as they are: enough to see bytes move
                connection.sendall(data)
        elif path in {"/stall", "/deaf"}:
            connection.recv(1)


def quietly(connection: socket.socket, server: socket.socket) -> None:
    try:
        serve(connection, server)
    except OSError as error:
        print(f"the connection broke: {error}", file=sys.stderr, flush=True)


def main() -> None:
    server = socket.create_server(("0.0.0.0", int(os.environ["PORT"])), backlog=64)
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            break
        threading.Thread(target=quietly, args=(connection, server), daemon=True).start()
    threading.Event().wait()  # deaf, and alive


main()
