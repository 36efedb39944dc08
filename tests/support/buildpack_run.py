"""Runs classic buildpacks as a platform does: copies, an unprivileged user, a clean environment; no engine needed."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from localku.slugs import own_buildpacks

_HOST_SETTINGS = (
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "NPM_CONFIG_REGISTRY",
    "NPM_CONFIG_CAFILE",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
# What a build image has and this machine may have more of: Node above all must not come from the host.
_PROGRAMS = ("bash", "sh", "env", "git", "python3", "uname", "sed", "cat", "ls", "mkdir", "rm", "cp", "dirname", "tar")


@dataclass(frozen=True)
class Built:
    """`seconds` counts the buildpacks' compile alone."""

    status: int
    output: str
    build_dir: Path
    seconds: float


@dataclass
class Builder:
    """Builds apps under `folder` with one cache; every build has a new BUILD_DIR and fresh copies of the buildpacks."""

    folder: Path
    config: dict[str, str] = field(default_factory=dict)
    home: str = "/nonexistent"
    _count: int = 0

    def __post_init__(self) -> None:
        self._programs = self.folder / "programs"
        self._programs.mkdir(parents=True)
        for name in _PROGRAMS:
            found = "/usr/bin/python3" if name == "python3" else shutil.which(name)
            if found:
                (self._programs / name).symlink_to(found if Path(found).exists() else sys.executable)
        self.cache = self.folder / "cache"
        for name in ("cache", "env"):
            (self.folder / name).mkdir()

    def build(self, app: Path, *buildpacks: str, offline: bool = False, tests: bool = False) -> Built:
        """Compile with each buildpack in turn, sourcing `export` in between; stops at the first that fails.

        `tests`: as Heroku CI does it, with bin/test-compile; the last buildpack's bin/test follows.
        """
        self._count += 1
        build_dir = self.folder / f"build_{self._count:02}"
        shutil.copytree(app, build_dir, symlinks=True)
        for name, value in self.config.items():
            (self.folder / "env" / name).write_text(value)
        copies = [self._copy(name) for name in buildpacks]
        self._hand_over()
        started = time.monotonic()
        status, output = self._run(self._script(build_dir, copies, tests=tests), offline=offline)
        return Built(status, output, build_dir, time.monotonic() - started)

    def _run(self, script: str, *, offline: bool) -> tuple[int, str]:
        done = subprocess.run(
            [*self._prefix(offline), "bash", "-c", script],
            env=self._environment(offline),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def seed(self, downloads: Path) -> None:
        """Start with what an earlier builder downloaded, by hard links."""
        if downloads.is_dir():
            shutil.copytree(downloads, self.cache / "nodekit", copy_function=os.link, symlinks=True)

    def _copy(self, name: str) -> Path:
        target = self.folder / f"buildpack_{self._count:02}_{name}"
        own_buildpacks.export(name, target)
        return target

    def _script(self, build_dir: Path, copies: list[Path], *, tests: bool) -> str:
        folders = " ".join(shlex.quote(str(each)) for each in (build_dir, self.cache, self.folder / "env"))
        lines = ["set -e"]
        for copy in copies:
            program = "test-compile" if tests else "compile"
            lines += [f"{copy}/bin/{program} {folders}", f"if [ -f {copy}/export ]; then source {copy}/export; fi"]
        if tests:
            lines += [f"{copies[-1]}/bin/test {shlex.quote(str(build_dir))}"]
        return "\n".join(lines)

    def _environment(self, offline: bool) -> dict[str, str]:
        host = {name: os.environ[name] for name in _HOST_SETTINGS if name in os.environ}
        return {
            "PATH": str(self._programs),
            "HOME": self.home,
            "STACK": "debian-14",
            "TMPDIR": "/tmp",
            **host,
            **({"LOCALKU_OFFLINE": "1"} if offline else {}),
        }

    def _prefix(self, offline: bool) -> list[str]:
        """Become nobody, and lose the network, as far as this process may."""
        if os.geteuid() != 0:
            return ["/usr/bin/unshare", "--user", "--net"] if offline else []
        user = pwd.getpwnam("nobody")
        drop = ["/usr/bin/setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        return [*(["/usr/bin/unshare", "--net"] if offline else []), *drop]

    def _hand_over(self) -> None:
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", str(self.folder)], check=True)
