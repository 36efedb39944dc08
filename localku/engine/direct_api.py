"""The engine's API on its Unix socket, in docker-py's words but without it: to import that takes longer than to answer.

What is not here is docker-py's to do, which is imported then.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from socket import SocketIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from localku.engine.http.unix_http import UnixHttp, Words
from localku.engine.two_way import TwoWay

if TYPE_CHECKING:
    from docker import APIClient


class DirectApi(UnixHttp):
    """Made when the engine has told its version. `whole` makes docker-py's client; a call takes `seconds` at most."""

    base_url = "http+unix://localhost"

    def __init__(self, path: str, seconds: float, whole: Callable[[], APIClient]) -> None:
        super().__init__(path, seconds)
        self._make_whole = whole
        self._made: APIClient | None = None
        self._making = threading.Lock()
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

    def start_unheard(self, container: str) -> None:
        """Ask for its start. Not this process waits for the answer but one of its own, which outlives it.

        An engine may break off what its client no longer waits for.
        """
        with self._asked("POST", f"/containers/{_part(container)}/start", {}, b"") as connection:
            connection.settimeout(None)
            waiting = subprocess.Popen(
                ["cat"],
                stdin=connection.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        threading.Thread(target=waiting.wait, name="start", daemon=True).start()

    def rename(self, container: str, name: str) -> None:
        self._done("POST", f"/containers/{_part(container)}/rename", {"name": name})

    def kill(self, container: str, signal: str) -> None:
        self._done("POST", f"/containers/{_part(container)}/kill", {"signal": signal})

    def stop(self, container: str, timeout: int) -> None:
        self._done("POST", f"/containers/{_part(container)}/stop", {"t": timeout}, seconds=self._seconds + timeout)

    def update_container(self, container: str, cpu_period: int, cpu_quota: int) -> Any:
        asked = {"CpuPeriod": cpu_period, "CpuQuota": cpu_quota}
        return self._json("POST", f"/containers/{_part(container)}/update", {}, asked)

    def stats(self, container: str, *, stream: bool, one_shot: bool) -> Any:
        asked = {"stream": int(stream), "one-shot": int(one_shot)}
        return self._json("GET", f"/containers/{_part(container)}/stats", asked)

    def remove_container(self, container: str, *, force: bool, v: bool) -> None:
        self._done("DELETE", f"/containers/{_part(container)}", {"force": int(force), "v": int(v)})

    def wait(self, container: str, timeout: float | None = None, condition: str | None = None) -> Any:
        """`timeout` in seconds."""
        asked = {} if condition is None else {"condition": condition}
        return self._json("POST", f"/containers/{_part(container)}/wait", asked, seconds=timeout)

    def top(self, container: str, ps_args: str) -> Any:
        return self._json("GET", f"/containers/{_part(container)}/top", {"ps_args": ps_args})

    def attach(self, container: str, **_: bool) -> Iterator[tuple[bytes | None, bytes | None]]:
        """Of a container without a tty: what it prints from now on until it ends."""
        asked = {"stdout": 1, "stderr": 1, "stream": 1}
        return _told_apart(self._two_way(f"/containers/{_part(container)}/attach", asked))

    def attach_socket(self, container: str, params: Words) -> SocketIO:
        return self._two_way(f"/containers/{_part(container)}/attach", params)

    def put_archive(self, container: str, path: str, data: Any) -> Any:
        if not isinstance(data, bytes):
            return self.__getattr__("put_archive")(container, path, data)
        return self._done("PUT", f"/containers/{_part(container)}/archive", {"path": path}, data)

    def commit(self, container: str, *, repository: str, tag: str, pause: bool, conf: Words) -> Any:
        asked = {"container": container, "repo": repository, "tag": tag, "pause": int(pause)}
        return self._json("POST", "/commit", asked, conf)

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

    def exec_start(
        self, ident: str, *, detach: bool = False, socket: bool = False, stream: bool = False, demux: bool = False
    ) -> Any:
        """Return its two-way stream with `socket`, with `stream` and `demux` pairs of pieces, else all it prints.

        With `detach` nobody hears what it prints.
        """
        if detach:
            body = json.dumps({"Detach": True, "Tty": False}).encode()
            return self._done("POST", f"/exec/{_part(ident)}/start", {}, body)
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

    def networks(self, names: Sequence[str]) -> Any:
        return self._json("GET", "/networks", {"filters": json.dumps({"name": list(names)})})

    def create_network(
        self, name: str, driver: str, options: Words, *, check_duplicate: bool, labels: Mapping[str, str]
    ) -> Any:
        asked = {
            "Name": name,
            "Driver": driver,
            "Options": options,
            "CheckDuplicate": check_duplicate,
            "Labels": labels,
        }
        return self._json("POST", "/networks/create", {}, asked)

    def remove_network(self, name: str) -> None:
        self._done("DELETE", f"/networks/{_part(name)}")

    def volumes(self, *, filters: Words) -> Any:
        return self._json("GET", "/volumes", {"filters": json.dumps(filters)})

    def create_volume(self, name: str, labels: Mapping[str, str]) -> Any:
        return self._json("POST", "/volumes/create", {}, {"Name": name, "Labels": labels})

    def inspect_volume(self, name: str) -> Any:
        return self._json("GET", f"/volumes/{_part(name)}")


def _part(name: str) -> str:
    return quote(name, safe="/:@")


def _told_apart(stream: SocketIO) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Give pairs of standard output and standard error, of which one is there."""
    for number, piece in TwoWay(stream).frames(strict=True):
        yield (piece, None) if number == 1 else (None, piece)
