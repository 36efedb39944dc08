"""Heroku's own command line, and what `heroku config` costs when the API answers at once."""

from __future__ import annotations

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import platformdirs

from benchmarks import stopwatch
from benchmarks.contenders.contender import Unavailable

CONFIG_VARS = {"SECRET_KEY": "0123456789abcdef", "LANG": "en_US.UTF-8", "WEB_CONCURRENCY": "2"}


class HerokuCommand:
    """`heroku config` against an API on this machine that says three config vars of any app."""

    def __init__(self, folder: Path) -> None:
        self._heroku = find()
        self._folder = folder
        folder.mkdir()
        self._api = ThreadingHTTPServer(("127.0.0.1", 0), _ConfigVars)
        threading.Thread(target=self._api.serve_forever, name="heroku-api", daemon=True).start()

    def prepare(self) -> None:
        self.config()

    def config(self) -> float:
        settings = {
            "HEROKU_HOST": f"http://127.0.0.1:{self._api.server_port}",
            "HEROKU_API_KEY": "00000000-0000-0000-0000-000000000000",
            "HEROKU_SKIP_NEW_VERSION_CHECK": "1",
            "DISABLE_TELEMETRY": "true",
            "HOME": str(self._folder),
        }
        return stopwatch.run([*self._heroku, "config", "--app", "shelf"], self._folder, settings)

    def close(self) -> None:
        self._api.shutdown()
        self._api.server_close()


class _ConfigVars(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path.startswith("/apps/") and self.path.endswith("/config-vars")
        body = json.dumps(CONFIG_VARS if found else {"id": "not_found", "message": "Not found."}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keep the progress clean."""


def find() -> list[str]:
    """The command on the PATH, or npm's package `heroku`, installed once into the user's cache."""
    on_path = shutil.which("heroku")
    if on_path:
        return [on_path]
    if shutil.which("npm") is None:
        raise Unavailable("neither heroku nor npm is installed")
    folder = Path(platformdirs.user_cache_dir("localku-benchmarks"), "heroku")
    program = folder / "node_modules" / ".bin" / "heroku"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            stopwatch.run(["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "heroku"], folder)
        except stopwatch.CommandFailed as error:
            raise Unavailable("npm could not install the package heroku") from error
    return [str(program)]
