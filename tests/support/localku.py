"""Runs the real command line in a state folder of its own."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localku.control import api_port
from localku.locks import holder

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
FIRST_PORT = 20_000 + os.getpid() % 100 * 100
_HOMES = itertools.count()
GIT_IDENTITY = ("-c", "user.name=Tester", "-c", "user.email=tester@example.com")


@dataclass(frozen=True)
class Result:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out, f"nothing but an error: {self.status}\n{self.err}"
        return json.loads(self.out)


@dataclass
class Localku:
    """One LOCALKU_HOME. Every app made through it is destroyed by `clean`."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def environ(self, **extra: str) -> dict[str, str]:
        self._choose_port()
        return {**os.environ, "LOCALKU_HOME": str(self.home), "NO_COLOR": "1", **self.env, **extra}

    def _choose_port(self) -> None:
        """A port of its own for the API: the usual first one is taken by whichever home's server runs at the moment."""
        file = self.home / api_port.NAME
        if self.home.is_dir() and not file.exists():
            file.write_text(f"{FIRST_PORT + next(_HOMES)}\n")

    def run(self, *arguments: str, cwd: Path, stdin: str | None = None, timeout: float = 600, **env: str) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "localku", *arguments],
            cwd=cwd,
            env=self.environ(**env),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str, cwd: Path, stdin: str | None = None, **env: str) -> Result:
        result = self.run(*arguments, cwd=cwd, stdin=stdin, **env)
        assert result.status == 0, f"localku {' '.join(arguments)}: {result.status}\n{result.out}\n{result.err}"
        return result

    def start(self, *arguments: str, cwd: Path, **env: str) -> subprocess.Popen[str]:
        """Start a command that goes on, such as `up`; its output is one stream."""
        return subprocess.Popen(
            [sys.executable, "-m", "localku", *arguments],
            cwd=cwd,
            env=self.environ(**env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def kill(self) -> None:
        """Kill whatever looks after the apps, all of it at once, as a crash of the machine would."""
        lock = self.home / "server.lock"
        parent = holder(lock)
        assert parent, "no server runs"
        os.kill(parent, signal.SIGKILL)
        wait_for(lambda: holder(lock) is None, every=0.01)

    def pid_of(self, process: str) -> int:
        """Of one of the server's processes: `control`, `router`, `logs` or `parent`."""

        def found() -> int | None:
            rows = self.ok("server:status", "--json", cwd=self.home).json["processes"]
            return next((one["pid"] for one in rows if one["name"] == process), None)

        return int(wait_for(found))

    def clean(self) -> None:
        self.run("server:stop", "--confirm", cwd=self.home)
        for app in self.run("apps", "--json", cwd=self.home).json:
            self.run("down", "-a", app["name"], cwd=self.home)
            self.run("apps:destroy", "-a", app["name"], "--confirm", app["name"], cwd=self.home)


def copy_example(name: str, target: Path) -> Path:
    """Copy an example and commit it, as a newcomer's checkout would be."""
    shutil.copytree(
        EXAMPLES / name, target, ignore=shutil.ignore_patterns("node_modules", "__pycache__", "staticfiles")
    )
    commit(target, "first")
    return target


def write_app(folder: Path, files: dict[str, str]) -> Path:
    """Make an app of these files; names that end in `*` become executable."""
    for name, text in files.items():
        file = folder / name.rstrip("*")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if name.endswith("*"):
            file.chmod(0o755)
    commit(folder, "first")
    return folder


def commit(folder: Path, message: str) -> None:
    if not (folder / ".git").exists():
        git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, *GIT_IDENTITY, "commit", "-qm", message, "--allow-empty")


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def get(url: str, host: str | None = None, timeout: float = 30) -> tuple[int, str]:
    """GET without following redirects being of interest: status and text, of errors too."""
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def post(url: str, form: dict[str, str], host: str | None = None, timeout: float = 30) -> int:
    """POST a form; the status of where the app's redirect leads to, or its own."""
    from urllib.parse import urlencode

    connection = http.client.HTTPConnection(url.removeprefix("http://").partition("/")[0], timeout=timeout)
    headers = {"Content-Type": "application/x-www-form-urlencoded", **({"Host": host} if host else {})}
    connection.request("POST", "/" + url.removeprefix("http://").partition("/")[2], urlencode(form), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def wait_for(what: Any, seconds: float = 120, every: float = 0.1) -> Any:
    """Call until it returns something true; fail with its last value after so many seconds."""
    deadline = time.monotonic() + seconds
    value = None
    while time.monotonic() < deadline:
        value = what()
        if value:
            return value
        time.sleep(every)
    raise AssertionError(f"waited {seconds} s in vain; last seen: {value!r}")


def interrupt(process: subprocess.Popen[str], timeout: float = 120) -> str:
    """Press Ctrl-C and return all the command had printed."""
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=timeout)
    return out
