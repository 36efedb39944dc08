"""`localku doctor --fix`: gets what is missing from the distribution's packages and the stacks' recipes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from localku.context import Context
from localku.engine.client import Engine
from localku.errors import CLIENT, Kind, LocalkuError
from localku.machine.checks import Orphans
from localku.telling import Progress, Say

ENGINE_PACKAGES = ("docker.io", "iptables", "ca-certificates")
STACK_PACKAGES = ("mmdebstrap", "debian-archive-keyring")
START_SECONDS = 60.0
ENGINE_LOG = Path("/var/log/localku-dockerd.log")


def fix(context: Context, say: Say, progress: Progress, orphans: Orphans) -> Context:
    """Install and start an engine, make the stack and Postgres images, remove leftovers; return a fresh context."""
    from localku.slugs import stack

    context = _engine(context, say)
    if sys.platform == "linux" and shutil.which("apt-get") is not None:
        _packages(("git",), say, needed="git")
    chosen = stack.choose(context.engine, None)
    say(chosen.reason)
    ready = stack.ready(context.engine)
    if chosen.name not in ready and chosen.name == stack.DEBIAN:
        _packages(STACK_PACKAGES, say, needed="mmdebstrap")
    stack.ensure(context.engine, chosen.name, progress)
    context.postgres.prepare(context.engine, progress)
    for container in orphans(context):
        say(f"Removing {container.name}, which is unsupervised")
        context.engine.containers.remove(container.id)
    return context


def _engine(context: Context, say: Say) -> Context:
    if _answers(context.engine):
        return context
    if os.environ.get("DOCKER_HOST"):
        raise LocalkuError(
            f"Nothing answers at DOCKER_HOST={os.environ['DOCKER_HOST']}.",
            "Start that engine yourself, or unset DOCKER_HOST to let localku install one here.",
            kind=Kind.UNAVAILABLE,
        )
    _packages(ENGINE_PACKAGES, say, needed="dockerd")
    _start(say)
    engine = Engine()
    _wait_for(engine)
    return Context(context.store, engine, context.clock, context.make_postgres)


def installed(program: str) -> bool:
    """Whether a program is there; also one of root's, whose folders are on no user's PATH."""
    return (
        shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin") is not None
    )


def _answers(engine: Engine) -> bool:
    try:
        return bool(engine.facts.version)
    except LocalkuError:
        return False


def _packages(names: tuple[str, ...], say: Say, *, needed: str) -> None:
    if installed(needed):
        return
    if shutil.which("apt-get") is None:
        raise LocalkuError(
            f"{needed} is missing, and this system has no apt-get.",
            f"Install it with your system's package manager: {', '.join(names)}.",
        )
    say(f"Installing {', '.join(names)} with apt-get")
    _run([*_root(), "apt-get", "update", "-q"])
    _run([*_root(), "apt-get", "install", "-y", "-q", "--no-install-recommends", *names])


def _root() -> list[str]:
    """Return what a command that needs root starts with."""
    if os.geteuid() == 0:
        return ["env", "DEBIAN_FRONTEND=noninteractive"]
    if shutil.which("sudo") is None:
        raise LocalkuError(
            "This needs root, and sudo is not installed.", f"Run `{CLIENT} doctor --fix` as root.", kind=Kind.FORBIDDEN
        )
    return ["sudo", "env", "DEBIAN_FRONTEND=noninteractive"]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        tail = "\n".join(done.stdout.strip().splitlines()[-8:])
        raise LocalkuError(f"`{' '.join(command)}` failed.", tail)


def _start(say: Say) -> None:
    """Start dockerd: through systemd where that runs, by itself in its own session where no init system does."""
    if Path("/run/systemd/system").is_dir():
        say("Starting docker with systemd")
        _run([*_root(), "systemctl", "enable", "--now", "docker"])
        return
    say(f"Starting dockerd (no init system runs here; its log is {ENGINE_LOG})")
    command = [*_root(), "sh", "-c", f"exec setsid dockerd >{ENGINE_LOG} 2>&1 </dev/null"]
    subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def _wait_for(engine: Engine) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if _answers(engine):
            return
        time.sleep(0.3)
    tail = ENGINE_LOG.read_text(errors="replace").splitlines()[-5:] if ENGINE_LOG.is_file() else []
    group = "If only root may open its socket: `sudo usermod -aG docker $USER`, log in again, or use sudo."
    raise LocalkuError(
        "The Docker engine was started but does not answer.", "\n".join([*tail, group]), kind=Kind.UNAVAILABLE
    )
