"""Serves backups to whoever has a link that is signed and has not expired; on this machine alone."""

from __future__ import annotations

import logging
import shutil
import socket
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform.backups import link_signatures

ADDRESS = "127.0.0.1"
SECONDS = 60.0
"""Real ones in which a client has to ask, or to take what it is sent."""

_STATUS = {Kind.FORBIDDEN: HTTPStatus.FORBIDDEN, Kind.NOT_FOUND: HTTPStatus.NOT_FOUND}
_log = logging.getLogger(__name__)


class LinkServer:
    """Listens from when the first link is made, always at the port that stands in links made before."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._turn = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    def port(self) -> int:
        """Listen, and return the port."""
        with self._turn:
            if self._server is None:
                self._server = self._listening()
                threading.Thread(target=self._server.serve_forever, name="links", daemon=True).start()
            return self._server.server_port

    def close(self) -> None:
        """Listen no longer."""
        with self._turn:
            if self._server is not None:
                self._server.shutdown()
                self._server.server_close()
                self._server = None

    def _listening(self) -> ThreadingHTTPServer:
        kept = self._context.home / "links.port"
        handler = type("Handler", (_Handler,), {"context": self._context})
        try:
            made = _Server((ADDRESS, _number(kept)), handler)
        except OSError:  # somebody else has it: links of before lead nowhere any more
            made = _Server((ADDRESS, 0), handler)
        with suppress(OSError):  # a full disk: the next server chooses another
            kept.write_text(str(made.server_port))
        return made


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    address_family = socket.AF_INET


class _Handler(BaseHTTPRequestHandler):
    """One request per connection."""

    context: ClassVar[Context]
    timeout = SECONDS
    server_version, sys_version = "localku", ""

    def do_GET(self) -> None:
        """Send the backup."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """Tell how long it is."""
        self._answer(body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library has it
        """Say nothing: what is asked for is a secret."""

    def _answer(self, *, body: bool) -> None:
        try:
            transfer, file = link_signatures.followed(self.context, self.path)
            opened = file.open("rb")
        except LocalkuError as error:
            self._refuse(_STATUS.get(error.kind, HTTPStatus.SERVICE_UNAVAILABLE), error.message)
            return
        except OSError:
            self._refuse(HTTPStatus.NOT_FOUND, "The backup is gone.")
            return
        finally:
            self.context.store.db.close()  # this thread's own
        with opened, suppress(OSError):  # a client that goes away
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(transfer.size))
            self.send_header("Content-Disposition", f'attachment; filename="{transfer.name}.dump"')
            self.end_headers()
            if body:
                shutil.copyfileobj(opened, self.wfile, 1 << 18)
        _log.info("%s was fetched by a link", transfer.name)

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        with suppress(OSError):
            text = f"{why}\n".encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)


def _number(file: Path) -> int:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return 0
