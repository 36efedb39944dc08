"""Heroku's own command line from npm, unmodified, and a shell in which it talks to localku."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support import npm_package
from support.localku import GIT_IDENTITY, Localku, Result

VERSION = "11.10.0"
GUARD = Path(__file__).with_name("only_this_machine.cjs")

Typing = tuple[str | Callable[[], bool], str]


def installed() -> Path:
    """Install it with npm beside the tools of the tests, where it is not there yet; return its program's folder."""
    return npm_package.installed("heroku", VERSION) / ".bin"


def path_without(programs: tuple[str, ...], folder: Path) -> str:
    """A PATH with all that is on this machine's but these programs."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for file in Path(place).iterdir() if Path(place).is_dir() else ():
            link = folder / file.name
            if file.name not in programs and not link.is_symlink():
                link.symlink_to(file)
    return str(folder)


@dataclass(frozen=True)
class Shell:
    """A user's shell after `eval "$(localku env)"`, with a home of its own; Node in it reaches this machine alone."""

    folder: Path
    environ: dict[str, str]

    def run(self, *arguments: str, stdin: str | None = None, timeout: float = 300) -> Result:
        done = subprocess.run(
            list(arguments),
            cwd=self.folder,
            env=self.environ,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert "guard: refused" not in done.stderr, done.stderr
        return Result(done.returncode, done.stdout, done.stderr)

    def heroku(self, *arguments: str, stdin: str | None = None) -> str:
        """What a command prints on standard output; it has to succeed."""
        done = self.run("heroku", *arguments, stdin=stdin)
        assert done.status == 0, f"heroku {' '.join(arguments)}: {done.status}\n{done.out}\n{done.err}"
        return done.out

    def git(self, *arguments: str) -> Result:
        return self.run("git", *GIT_IDENTITY, *arguments)

    def at_terminal(self, *arguments: str, typed: tuple[Typing, ...], seconds: float = 120) -> tuple[int, str]:
        """Run a command at a terminal; each time the first of a pair is seen, or true, its second is typed."""
        master, slave = pty.openpty()
        process = subprocess.Popen(
            list(arguments), cwd=self.folder, env=self.environ, stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)
        seen, left, deadline = "", list(typed), time.monotonic() + seconds
        while time.monotonic() < deadline:
            ready, _, _ = select.select([master], [], [], 1)
            try:
                piece = os.read(master, 65536) if ready else b""
            except OSError:  # the terminal's other side is closed
                break
            seen += piece.decode(errors="replace")
            if left and _is_time(left[0][0], seen):
                os.write(master, left.pop(0)[1].encode())
            if not piece and process.poll() is not None:
                break
        os.close(master)
        try:
            return process.wait(20), seen
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"{arguments[0]} waits for ever; seen: {seen}") from None


def _is_time(when: str | Callable[[], bool], seen: str) -> bool:
    return when in seen if isinstance(when, str) else when()


def shell(lk: Localku, folder: Path, program: Path | None, home: Path, path: str | None = None) -> Shell:
    """Have a user's shell in `folder`; `program` is the folder of Heroku's CLI, None where there is none."""
    home.mkdir(exist_ok=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("HEROKU_", "GIT_CONFIG"))}
    path = os.environ["PATH"] if path is None else path
    environ |= {"HOME": str(home), "LOCALKU_HOME": str(lk.home)}
    environ["PATH"] = path if program is None else f"{program}{os.pathsep}{path}"
    environ |= {"NODE_OPTIONS": f"--require {GUARD}", "NO_COLOR": "1"}
    environ.pop("XDG_CONFIG_HOME", None)
    environ.pop("XDG_CACHE_HOME", None)
    environ.pop("XDG_DATA_HOME", None)
    lines = lk.ok("env", "--shell", "bash", cwd=folder, HOME=str(home), PATH=environ["PATH"]).out
    done = subprocess.run(["bash", "-c", f"{lines}\nenv -0"], env=environ, capture_output=True, text=True, check=True)
    return Shell(folder, dict(one.split("=", 1) for one in done.stdout.split("\0") if "=" in one))
