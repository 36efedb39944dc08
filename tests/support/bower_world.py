"""A Bower registry and the git repositories it points to, on this machine.

The real bower client talks to it as it talks to registry.bower.io and GitHub: `GET /packages/NAME` answers with a
repository's address, and git fetches from there over smart HTTP (`git http-backend`).

    with BowerWorld(folder) as world:
        (app / ".bowerrc").write_text(world.bowerrc())
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from tarfile import open as open_tar
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from types import TracebackType

# Component → its versions and what its bower.json needs. Old and new lines, so that ranges have something to choose.
COMPONENTS: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    "jquery": (("1.12.4", {}), ("2.2.4", {}), ("3.7.1", {})),
    "bootstrap": (("3.3.7", {"jquery": "1.9.1 - 3"}), ("3.4.1", {"jquery": "1.9.1 - 3"}), ("5.3.8", {})),
    "old-widget": (("1.0.0", {"jquery": "1.x"}),),
}
_MAIN = {
    "old-widget": ["dist/old-widget.js"],
    "jquery": ["dist/jquery.js"],
    "bootstrap": ["dist/css/bootstrap.css", "dist/js/bootstrap.js"],
}
_GIT_ENV = {
    "GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2020-01-01T00:00:00Z",
}


@dataclass
class BowerWorld:
    """`folder` gets the repositories. `bind` is listened on, `host` (default: `bind`) is what clients are told."""

    folder: Path
    bind: str = "127.0.0.1"
    host: str = ""
    requests: list[str] = field(default_factory=list)
    """Path of every request so far."""

    def __enter__(self) -> Self:
        repositories = self.folder / "git"
        for name, versions in COMPONENTS.items():
            if not (repositories / f"{name}.git").is_dir():
                _make_repository(repositories / f"{name}.git", name, versions)
        self._server = _Server((self.bind, 0), _Handler)
        self._server.world = self
        self._server.repositories = repositories
        threading.Thread(target=self._server.serve_forever, name="bower-world", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def registry_url(self) -> str:
        return f"http://{self.host or self.bind}:{self._server.server_port}"

    def git_url(self, name: str) -> str:
        return f"{self.registry_url}/git/{name}.git"

    def bowerrc(self, **settings: Any) -> str:
        """Return a .bowerrc that names this registry, with `settings` beside it."""
        return json.dumps({"registry": self.registry_url, **settings})


def _make_repository(path: Path, name: str, versions: tuple[tuple[str, dict[str, str]], ...]) -> None:
    """Make a bare repository with one commit and one tag (`v1.2.3`) for each version."""
    work = path.with_suffix(".work")
    work.mkdir(parents=True)
    _git(work, "init", "--quiet", "--initial-branch=master", ".")
    for version, dependencies in versions:
        for file, content in _files(name, version).items():
            target = work / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        manifest = {"name": name, "main": _MAIN[name], "dependencies": dependencies}
        (work / "bower.json").write_text(json.dumps(manifest, indent=2) + "\n")
        _git(work, "add", "--all")
        _git(work, "commit", "--quiet", "--message", version)
        _git(work, "tag", f"v{version}")
    _git(path.parent, "clone", "--quiet", "--bare", str(work), str(path))


def _git(cwd: Path, *arguments: str) -> None:
    who = ("-c", "user.name=bower world", "-c", "user.email=bower@example.com")
    subprocess.run(["git", *who, *arguments], cwd=cwd, env=os.environ | _GIT_ENV, check=True, capture_output=True)


def _files(name: str, version: str) -> dict[str, bytes]:
    """Return the files of `dist/`: the real ones, or short stand-ins where the npm registry cannot be reached."""
    registry = os.environ.get("NPM_CONFIG_REGISTRY", "https://registry.npmjs.org").rstrip("/")
    try:
        with urllib.request.urlopen(f"{registry}/{name}/-/{name}-{version}.tgz", timeout=20) as answer:
            body = answer.read()
    except (urllib.error.URLError, TimeoutError):
        return {file: f"/* {name} v{version} */\n".encode() for file in _MAIN[name]}
    with open_tar(fileobj=BytesIO(body)) as archive:
        return {
            member.name.removeprefix("package/"): content.read()
            for member in archive
            if member.name.startswith("package/dist/") and (content := archive.extractfile(member))
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    world: BowerWorld
    repositories: Path


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.world.requests.append(self.path)
        path = unquote(urlsplit(self.path).path)
        if path.startswith("/git/"):
            self._git_http()
        elif path.startswith("/packages/"):
            self._package(path.removeprefix("/packages/"))
        else:
            self._answer(404, b"not found")

    do_POST = do_HEAD = do_GET  # noqa: N815 - the base class looks for these names

    def _package(self, name: str) -> None:
        if name not in COMPONENTS:
            self._answer(404, b"Package not found")
            return
        body = json.dumps({"name": name, "url": self.server.world.git_url(name)}).encode()
        self._answer(200, body, {"Content-Type": "application/json"})

    def _git_http(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env=os.environ | _GIT_ENV | self._cgi(),
            capture_output=True,
            check=False,
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        status = int(headers.pop("Status", "200 OK").split(" ", 1)[0])
        self._answer(status, content, headers)

    def _cgi(self) -> dict[str, str]:
        url = urlsplit(self.path)
        return {
            "GIT_PROJECT_ROOT": str(self.server.repositories),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": "GET" if self.command == "HEAD" else self.command,
            "PATH_INFO": unquote(url.path).removeprefix("/git"),
            "QUERY_STRING": url.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": self.headers.get("Content-Length", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keep the test's output clean; `world.requests` says what was asked."""
