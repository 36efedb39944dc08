"""The engine's API on its Unix socket, in docker-py's words but without it: to import that takes longer than to answer.

Each call has a connection of its own and asks in HTTP/1.0, so that an answer ends with it. What is not here is
docker-py's to do, which is imported then.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BufferedReader
from socket import SocketIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from localku.engine.refused import Refused
from localku.engine.two_way import TwoWay

if TYPE_CHECKING:
    from docker import APIClient

LONGEST_HEAD = 1 << 16
"""Bytes of a status line and headers, at most."""

BAD = 400

Words = Mapping[str, object]


class DirectApi:
    """Made when the engine has told its version. `whole` makes docker-py's client; a call takes `seconds` at most."""

    base_url = "http+unix://localhost"

    def __init__(self, path: str, seconds: float, whole: Callable[[], APIClient]) -> None:
        self._path = path
        self._seconds = seconds
        self._make_whole = whole
        self._made: APIClient | None = None
        self._making = threading.Lock()
        self._prefix = ""
        self._prefix = f"/v{self.version()['ApiVersion']}"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        with self._making:
            if self._made is None:
                self._made = self._make_whole()
        return getattr(self._made, name)

    def version(self) -> Any:
        return self._json("GET", "/version")

    def info(self) -> Any:
        return self._json("GET", "/info")

    def containers(self, *, all: bool, filters: Words) -> Any:  # noqa: A002 - docker-py's word
        return self._json("GET", "/containers/json", {"all": int(all), "limit": -1, "filters": json.dumps(filters)})

    def inspect_container(self, container: str) -> Any:
        return self._json("GET", f"/containers/{_part(container)}/json")

    def create_container_from_config(self, config: Words, name: str) -> Any:
        return self._json("POST", "/containers/create", {"name": name}, config)

    def start(self, container: str) -> None:
        self._done("POST", f"/containers/{_part(container)}/start")

    def rename(self, container: str, name: str) -> None:
        self._done("POST", f"/containers/{_part(container)}/rename", {"name": name})

    def kill(self, container: str, signal: str) -> None:
        self._done("POST", f"/containers/{_part(container)}/kill", {"signal": signal})

    def remove_container(self, container: str, *, force: bool, v: bool) -> None:
        self._done("DELETE", f"/containers/{_part(container)}", {"force": int(force), "v": int(v)})

    def wait(self, container: str, timeout: float | None = None, condition: str | None = None) -> Any:
        """`timeout` in seconds."""
        asked = {} if condition is None else {"condition": condition}
        return self._json("POST", f"/containers/{_part(container)}/wait", asked, seconds=timeout)

    def attach(self, container: str, **_: bool) -> Iterator[tuple[bytes | None, bytes | None]]:
        """Of a container without a tty: what it has printed, and what it prints until it ends."""
        asked = {"logs": 1, "stdout": 1, "stderr": 1, "stream": 1}
        return _told_apart(self._two_way(f"/containers/{_part(container)}/attach", asked))

    def attach_socket(self, container: str, params: Words) -> SocketIO:
        return self._two_way(f"/containers/{_part(container)}/attach", params)

    def put_archive(self, container: str, path: str, data: Any) -> Any:
        if not isinstance(data, bytes):
            return self.__getattr__("put_archive")(container, path, data)
        return self._done("PUT", f"/containers/{_part(container)}/archive", {"path": path}, data)

    def commit(self, container: str, *, repository: str, tag: str, conf: Words) -> Any:
        return self._json("POST", "/commit", {"container": container, "repo": repository, "tag": tag}, conf)

    def exec_create(
        self,
        container: str,
        cmd: Sequence[str],
        user: str = "",
        environment: Mapping[str, str] | None = None,
        *,
        stdin: bool = False,
    ) -> Any:
        asked = {
            "User": user,
            "AttachStdin": stdin,
            "AttachStdout": True,
            "AttachStderr": True,
            "Cmd": list(cmd),
            "Env": [f"{name}={value}" for name, value in (environment or {}).items()],
        }
        return self._json("POST", f"/containers/{_part(container)}/exec", {}, asked)

    def exec_start(self, ident: str, *, socket: bool = False, stream: bool = False, demux: bool = False) -> Any:
        """Return its two-way stream with `socket`, with `stream` and `demux` pairs of pieces, else all it prints."""
        opened = self._two_way(f"/exec/{_part(ident)}/start", {}, {"Detach": False, "Tty": False})
        if socket:
            return opened
        if stream and demux:
            return _told_apart(opened)
        return b"".join(piece for _, piece in TwoWay(opened).frames(strict=True))

    def exec_inspect(self, ident: str) -> Any:
        return self._json("GET", f"/exec/{_part(ident)}/json")

    def images(self, *, filters: Words) -> Any:
        return self._json("GET", "/images/json", {"filters": json.dumps(filters)})

    def inspect_image(self, image: str) -> Any:
        return self._json("GET", f"/images/{_part(image)}/json")

    def history(self, image: str) -> Any:
        return self._json("GET", f"/images/{_part(image)}/history")

    def tag(self, image: str, repository: str, tag: str) -> None:
        self._done("POST", f"/images/{_part(image)}/tag", {"repo": repository, "tag": tag})

    def remove_image(self, image: str, *, noprune: bool) -> None:
        self._done("DELETE", f"/images/{_part(image)}", {"noprune": int(noprune)})

    def inspect_network(self, name: str) -> Any:
        return self._json("GET", f"/networks/{_part(name)}")

    def volumes(self, *, filters: Words) -> Any:
        return self._json("GET", "/volumes", {"filters": json.dumps(filters)})

    def create_volume(self, name: str, labels: Mapping[str, str]) -> Any:
        return self._json("POST", "/volumes/create", {}, {"Name": name, "Labels": labels})

    def inspect_volume(self, name: str) -> Any:
        return self._json("GET", f"/volumes/{_part(name)}")

    def _json(
        self,
        method: str,
        target: str,
        params: Words | None = None,
        body: Words | None = None,
        seconds: float | None = None,
    ) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        return json.loads(self._done(method, target, params or {}, data, seconds=seconds))

    def _done(
        self, method: str, target: str, params: Words | None = None, body: bytes = b"", *, seconds: float | None = None
    ) -> bytes:
        """Ask, and return the body of the answer. Raise Refused, or OSError where there is none."""
        with self._asked(method, target, params or {}, body, seconds=seconds) as connection:
            status, headers = _head(connection)
            content = _content(connection, headers)
        if status >= BAD:
            raise Refused(status, _message(content))
        return content

    def _two_way(self, target: str, params: Words, body: Words | None = None) -> SocketIO:
        """Ask for a stream, and return its socket as a file without a buffer, which ends with it."""
        data = b"" if body is None else json.dumps(body).encode()
        connection = self._asked("POST", target, params, data, upgrade=True)
        with connection:  # the file that is made of it holds it open
            status, headers = _head(connection)
            if status >= BAD:
                raise Refused(status, _message(_content(connection, headers)))
            return connection.makefile("rwb", buffering=0)

    def _asked(
        self,
        method: str,
        target: str,
        params: Words,
        body: bytes,
        *,
        upgrade: bool = False,
        seconds: float | None = None,
    ) -> socket.socket:
        query = f"?{urlencode(params)}" if params else ""
        version, more = ("1.1", "Connection: Upgrade\r\nUpgrade: tcp\r\n") if upgrade else ("1.0", "")
        kind = "Content-Type: application/json\r\n" if body.startswith(b"{") else ""
        lines = f"{method} {self._prefix}{target}{query} HTTP/{version}\r\nHost: docker\r\n{more}{kind}"
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(self._seconds if seconds is None else seconds)
            connection.connect(self._path)
            connection.sendall(f"{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        except BaseException:
            connection.close()
            raise
        return connection


def _part(name: str) -> str:
    return quote(name, safe="/:@")


def _head(connection: socket.socket) -> tuple[int, dict[str, str]]:
    """Read a status and headers, and nothing that comes after them."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        if not piece or len(head) > LONGEST_HEAD:
            raise ConnectionError("Connection aborted")
        head += piece
    first, *rows = head.decode("latin-1").split("\r\n")
    version, _, status = first.partition(" ")
    if not version.startswith("HTTP/1.") or not status[:3].isdigit():
        raise ConnectionError(f"no HTTP: {first}")
    fields = (row.partition(":") for row in rows if row)
    return int(status[:3]), {name.lower(): value.strip() for name, _, value in fields}


def _content(connection: socket.socket, headers: Mapping[str, str]) -> bytes:
    """Read the body of an answer: of so many bytes, in chunks (RFC 9112, 7.1), or to the end of the connection."""
    with connection.makefile("rb") as rest:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(_chunks(rest))
        size = int(headers["content-length"]) if "content-length" in headers else None
        content = rest.read(size)
    if size is not None and len(content) < size:
        raise ConnectionError("Connection broken")
    return content


def _chunks(rest: BufferedReader) -> Iterator[bytes]:
    while (line := rest.readline()).endswith(b"\n"):
        size = int(line.partition(b";")[0], 16)
        chunk = rest.read(size)
        if len(chunk) < size or rest.readline() != b"\r\n":
            break
        if size == 0:
            return
        yield chunk
    raise ConnectionError("Connection broken")


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, LookupError, TypeError):
        return content.decode(errors="replace").strip()


def _told_apart(stream: SocketIO) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Give pairs of standard output and standard error, of which one is there."""
    for number, piece in TwoWay(stream).frames(strict=True):
        yield (piece, None) if number == 1 else (None, piece)
