"""Heroku's own command line from npm, unmodified, and a shell in which it talks to localku."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from support.localku import GIT_IDENTITY, Localku, Result

VERSION = "11.10.0"
GUARD = Path(__file__).with_name("only_this_machine.cjs")


def installed(folder: Path) -> Path:
    """Install it there with npm, and return the folder of its program."""
    subprocess.run(
        ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", f"heroku@{VERSION}"],
        check=True,
        capture_output=True,
        timeout=600,
    )
    return folder / "node_modules" / ".bin"


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

    def at_terminal(self, *arguments: str, typed: tuple[tuple[str, str], ...], seconds: float = 120) -> tuple[int, str]:
        """Run a command at a terminal; each time the first text of a pair is seen, its second is typed."""
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
            if left and left[0][0] in seen:
                os.write(master, left.pop(0)[1].encode())
            if not piece and process.poll() is not None:
                break
        os.close(master)
        return process.wait(20), seen


def shell(lk: Localku, folder: Path, program: Path, home: Path) -> Shell:
    """Have a user's shell in `folder`."""
    home.mkdir(exist_ok=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("HEROKU_", "GIT_CONFIG"))}
    environ |= {"HOME": str(home), "LOCALKU_HOME": str(lk.home), "PATH": f"{program}{os.pathsep}{os.environ['PATH']}"}
    environ |= {"NODE_OPTIONS": f"--require {GUARD}", "NO_COLOR": "1"}
    environ.pop("XDG_CONFIG_HOME", None)
    environ.pop("XDG_CACHE_HOME", None)
    environ.pop("XDG_DATA_HOME", None)
    lines = lk.ok("env", "--shell", "bash", cwd=folder, HOME=str(home), PATH=environ["PATH"]).out
    done = subprocess.run(["bash", "-c", f"{lines}\nenv -0"], env=environ, capture_output=True, text=True, check=True)
    return Shell(folder, dict(one.split("=", 1) for one in done.stdout.split("\0") if "=" in one))
