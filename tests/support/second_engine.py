"""A Docker engine of the tests' own, on a small disk of its own: theirs to stop, to restart and to fill up.

It has the same images as the shared engine but for the build image: a stand-in with bash and Python,
which is all that a buildpack of a few lines needs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from support.localku import wait_for

from localku.debian import debian_stack
from localku.engine import labels
from localku.services.postgres import postgres_image

STACK, BUILD, POSTGRES = "localku/stack:debian-14", "localku/stack:debian-14-build", "localku/services/postgres:18"
MEGABYTE = 1024 * 1024
DISK = 1200 * MEGABYTE
PYTHON = "cd / && name=$(readlink usr/bin/python3) && tar -cf - usr/bin/python3 usr/bin/$name usr/lib/$name"
OTHERS_PYTHON = ["docker", "run", "--rm", "--network", "none", "--entrypoint", "bash", BUILD, "-c"]
"""Prints a tar archive of the build image's python3."""


@dataclass
class SecondEngine:
    """Use as a context manager. `folder` is short, for a socket's path may have 107 bytes only."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="lk2-", dir="/tmp")))

    def __enter__(self) -> Self:
        assert os.geteuid() == 0, "a second dockerd needs root, as the first one did"
        assert shutil.which("dockerd"), "dockerd is not on this machine: localku doctor --fix"
        self.data.mkdir()
        _run("mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(self.data))
        _run("ip", "link", "add", "name", self.bridge, "type", "bridge")
        _run("ip", "address", "add", f"10.214.{os.getpid() % 256}.1/24", "dev", self.bridge)
        self.start()
        self.load()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        _run("ip", "link", "delete", self.bridge)
        _run("umount", "--lazy", str(self.data))
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def bridge(self) -> str:
        """A default bridge of its own: with `--bridge none`, and at a restart with `--default-address-pool`,

        dockerd deletes docker0, which the shared engine needs.
        """
        return f"lk{os.getpid()}"

    @property
    def address(self) -> str:
        return f"unix://{self.folder}/engine.sock"

    def start(self) -> None:
        """Start dockerd and wait until it answers. Not through iptables: the shared engine's rules are there."""
        command = [
            "dockerd",
            *("--host", self.address, "--data-root", str(self.data)),
            *("--exec-root", str(self.folder / "exec"), "--pidfile", str(self.folder / "pid")),
            *("--bridge", self.bridge, "--iptables=false"),
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(self._answers)

    def stop(self) -> None:
        """End dockerd as an upgrade of its package does: its containers end with it."""
        self._process.terminate()
        self._process.wait(timeout=120)

    def docker(self, *arguments: str) -> str:
        return _run("docker", "--host", self.address, *arguments)

    def load(self) -> None:
        """Get the images that are missing from the shared engine, under the recipes that localku looks for now."""
        missing = [tag for tag in (STACK, POSTGRES) if not self._has(tag)]
        if missing:
            with subprocess.Popen(["docker", "save", *missing], stdout=subprocess.PIPE) as saved:
                _run("docker", "--host", self.address, "load", "--quiet", stdin=saved.stdout)
        if STACK in missing:
            self._commit(STACK, STACK, debian_stack.run_recipe())
        if POSTGRES in missing:
            self._commit(POSTGRES, POSTGRES, postgres_image._recipe(postgres_image.DEBIAN))
        if not self._has(BUILD):
            with subprocess.Popen([*OTHERS_PYTHON, PYTHON], stdout=subprocess.PIPE) as files:
                self._commit(STACK, BUILD, debian_stack.build_recipe(), files.stdout)

    def containers(self, *filters: str) -> list[str]:
        """Names of all containers, stopped ones too."""
        chosen = [word for text in filters for word in ("--filter", text)]
        return self.docker("ps", "-a", "--format", "{{.Names}}", *chosen).split()

    def fill(self) -> None:
        """Leave no room on the engine's disk."""
        fill(self.data)

    def free(self) -> None:
        (self.data / "ballast").unlink(missing_ok=True)

    def _has(self, tag: str) -> bool:
        return bool(self.docker("images", "-q", tag))

    def _commit(self, base: str, tag: str, recipe: str, files: IO[bytes] | None = None) -> None:
        """Make the image `tag` of `base` and the files of a tar archive."""
        made = self.docker("create", base).strip()
        if files is not None:
            _run("docker", "--host", self.address, "cp", "-", f"{made}:/", stdin=files)
        self.docker("commit", "--change", f"LABEL {labels.RECIPE}={recipe}", made, tag)
        self.docker("rm", made)

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError((self.folder / "log").read_text()[-2000:])
        done = subprocess.run(["docker", "--host", self.address, "version"], capture_output=True, check=False)
        time.sleep(0.1)
        return done.returncode == 0


def fill(disk: Path) -> None:
    """Take all the room there is, though somebody else takes some at the same time.

    By halves: an attempt that finds less than it asks for has written it all for nothing.
    """
    with (disk / "ballast").open("wb") as ballast:
        while free := shutil.disk_usage(disk).free:
            piece = free if free <= MEGABYTE else free // 2
            with suppress(OSError):
                os.posix_fallocate(ballast.fileno(), ballast.seek(0, os.SEEK_END), piece)


def _run(*command: str, stdin: IO[bytes] | None = None) -> str:
    done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout
