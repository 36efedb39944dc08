"""One Python app on real dynos behind the real router, told by config vars what to be.

Its Procfile is `web: eval "$WEB"` (and worker, other alike), so a test says what its web dyno runs:

    with world.running(WEB="gunicorn echo:app") as app:
        status, head, body = app.request("/path?x=1", headers={"X-Request-ID": "short"})
        app.wait_logged("heroku[router]: at=info")

Files in `tests/conformance/app/` are the app's source: put scripts for other behaviours there
(`world.running(WEB="python raw.py half-body")`); the image is built once per test run.
Heroku's time limits run `world.scale` times as fast (`--real-limits` makes that 1): a web process that
shall outlast 31 of Heroku's seconds sleeps `world.seconds(31)`.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import engine_view
from support.localku import Localku, Result, commit, wait_for

from localku.supervisor.doctor_watch import LONGEST_PAUSE

SOURCE = Path(__file__).parent / "app"


@dataclass
class World:
    """The built app. `scale` is how many of Heroku's seconds pass in a real one."""

    lk: Localku
    folder: Path
    scale: float
    patience: float = 120
    """Real seconds a test waits for something before it fails; generous, for machines are slow."""

    @classmethod
    def made(cls, lk: Localku, folder: Path, scale: float, files: dict[str, str] | None = None) -> World:
        """Copy the app, with `files` in place of or beside its own, and build it.

        Names that end in `*` become executable.
        """
        shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        for name, text in (files or {}).items():
            file = folder / name.rstrip("*")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            if name.endswith("*"):
                file.chmod(0o755)
        commit(folder, "first")
        lk.ok("build", cwd=folder)
        return cls(lk, folder, scale, patience=120 if scale > 1 else 240)

    @property
    def name(self) -> str:
        return self.folder.name

    def seconds(self, platform: float) -> float:
        """Real seconds in which so many of Heroku's seconds pass."""
        return platform / self.scale

    def ok(self, *arguments: str, **env: str) -> str:
        """Run a command that works; what it printed to stdout."""
        return self.lk.ok(*arguments, cwd=self.folder, **env).out

    def run(self, *arguments: str, **env: str) -> Result:
        """Run a command; its status and both outputs."""
        return self.lk.run(*arguments, cwd=self.folder, **env)

    @contextlib.contextmanager
    def running(self, *up: str, wait: str | None = "up", **config: str) -> Iterator[Running]:
        """`localku up` with these config vars until the block ends; the vars are taken away after.

        `up` are more arguments for `localku up`, such as `-f`, `web=2:standard-1x`. `wait` is the state of web.1 that
        is waited for; None waits for nothing but the router. `app.new_lines()` starts empty.
        """
        if config:
            self.ok("config:set", *(f"{name}={value}" for name, value in config.items()))
        seen = [*self.log_lines()[-1:], ""][0]
        arguments = ("up", "--no-build", "--port", str(_free_port()), *up)
        try:
            if wait is None:
                self._start(arguments)
            else:
                self.run(*arguments, "--detach", LOCALKU_CLOCK_SCALE=str(self.scale))
            app = Running(self, wait_for(self._port, self.patience), seen)
            if wait is not None:
                app.wait_state(wait)
            yield app
        finally:
            self.run("down")
            if config:
                self.ok("config:unset", *config)

    def log_lines(self) -> list[str]:
        return self.ok("logs", "-n", "1500").splitlines()

    def _start(self, arguments: tuple[str, ...]) -> None:
        """Start `up`, whatever becomes of the dynos."""
        subprocess.Popen(
            [sys.executable, "-m", "localku", *arguments],
            cwd=self.folder,
            env=self.lk.environ(LOCALKU_CLOCK_SCALE=str(self.scale)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _port(self) -> int | None:
        return engine_view.port_when_up(self.lk.home, self.name)


@dataclass
class Running:
    """The app while it runs: `port` is its router's, on 127.0.0.1, for HTTP and TLS."""

    world: World
    port: int
    seen: str
    """The last line of its log before."""
    host: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.host = f"{self.world.name}.localhost"

    def ok(self, *arguments: str, **env: str) -> str:
        return self.world.ok(*arguments, **env)

    def request(
        self,
        path: str = "/",
        *,
        method: str = "GET",
        host: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request through the router: status, headers by lower-case name, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout or self.world.patience)
        try:
            connection.request(method, path, body, {"Host": host or self.host, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def raw(self, data: bytes, timeout: float | None = None) -> bytes:
        """Send these bytes on a fresh connection; all that comes back until the router closes it.

        Ask for `Connection: close`, or the router keeps the connection for the next request.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout or self.world.patience) as sock:
            sock.sendall(data)
            return b"".join(iter(lambda: sock.recv(65536), b""))

    def connect(self, timeout: float | None = None) -> socket.socket:
        """A connection to the router, for tests that take their time on it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout or self.world.patience)

    def states(self) -> dict[str, str]:
        """State of each dyno by name, as `localku ps` knows it."""
        return {dyno["name"]: dyno["state"] for dyno in json.loads(self.ok("ps", "--json"))}

    def wait_state(self, state: str, dyno: str = "web.1") -> None:
        wait_for(lambda: self.states().get(dyno) == state, self.world.patience)

    def new_lines(self, proc: str | None = None) -> list[str]:
        """The log since the app was started, without the time: `heroku[web.1]: State changed …`."""
        kept = self.world.log_lines()
        after = kept.index(self.seen) + 1 if self.seen in kept else 0
        lines = [line.partition(" ")[2] for line in kept[after:]]
        return [line for line in lines if proc is None or re.match(rf"[\w-]+\[{re.escape(proc)}\]:", line)]

    def wait_logged(self, text: str) -> str:
        """Wait for a new line that contains the text, and return it; the doctor's come a pause of its later."""
        try:
            seconds = self.world.patience + (LONGEST_PAUSE if text.startswith("[#") else 0)
            return str(wait_for(lambda: next((line for line in self.new_lines() if text in line), None), seconds))
        except AssertionError as error:
            lines = "\n".join(self.new_lines())
            raise AssertionError(f"{error}\nno line with {text!r} in\n{lines}") from error

    def router_line(self, path: str) -> dict[str, str]:
        """Wait for the router's line about the request to `path`; its fields (quotes taken away)."""
        line = self.wait_logged(f'path="{path}"')
        return {name: value.strip('"') for name, value in re.findall(r'([a-z_]+)=("[^"]*"|\S*)', line)}

    def in_dyno(self, command: str, dyno: str = "web.1") -> str:
        """What a command prints that is run as the dyno's own user inside the running container."""
        found = engine_view.containers(self.world.lk.home, f"app-name={self.world.name}", f"dyno={dyno}", running=True)
        done = subprocess.run(
            ["docker", "exec", found[0], "/bin/bash", "-c", command], capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
