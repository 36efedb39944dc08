"""What localku needs of a machine, and whether it is there. Looks only; `localku.machine.fix` changes things."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localku.context import Context
from localku.dyno import quota_file
from localku.engine.containers import Container
from localku.errors import CLIENT, LocalkuError
from localku.project.git import git_process

OK, MISSING, WARNING = "ok", "missing", "warning"
LOW_DISK = 5 * 1024**3
"""A stack, a Postgres and one app take about 3 GB."""

Orphans = Callable[[Context], tuple[Container, ...]]


@dataclass(frozen=True)
class Check:
    """One line of `localku doctor`; `remedy` says how to get what is missing, `fixable` that --fix does it."""

    name: str
    state: str
    found: str
    remedy: str = ""
    fixable: bool = False


def all_checks(context: Context, orphans: Orphans) -> tuple[Check, ...]:
    """Everything in the order a newcomer meets it; `orphans` finds the containers that nothing looks after."""
    engine = engine_check(context)
    checks = [python_check(), git_check(), engine]
    if engine.state == OK:
        checks += [network_check(context), disk_check(context), stack_check(context), postgres_check(context)]
        checks += [orphan_check(orphans(context)), *quota_checks()]
    return tuple(checks)


def python_check() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", OK, f"{version} at {sys.executable}")


def git_check() -> Check:
    program = git_process.program()
    if program is None:
        return Check(
            "git",
            WARNING,
            "not installed: every file in the folder is built, even ignored ones",
            "apt-get install git",
            fixable=True,
        )
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return Check("git", OK, done.stdout.strip())


def engine_check(context: Context) -> Check:
    """Whether an engine answers, and what kind it is; where none does, what this machine could use."""
    try:
        facts = context.engine.facts
    except LocalkuError as error:
        return Check("Docker engine", MISSING, error.message, engine_remedy(), fixable=can_install_engine())
    where = os.environ.get("DOCKER_HOST", "")
    kind = "Podman" if "podman" in facts.platform.lower() else "Docker"
    if "Docker Desktop" in facts.operating_system:
        kind = "Docker Desktop"
    place = f" at {where}" if where else ""
    found = f"{kind} {facts.version}{place}, {facts.storage_driver}, cgroup v{facts.cgroup}, {facts.cpus} CPUs"
    return Check("Docker engine", OK, found)


def engine_remedy() -> str:
    """Say how to get an engine here: start what is installed, point at what listens, or install one."""
    if os.environ.get("DOCKER_HOST"):
        return f"DOCKER_HOST is {os.environ['DOCKER_HOST']}: nothing answers there. Correct it, or unset it."
    podman = podman_socket()
    if podman is not None:
        return f"Podman's socket is there: export DOCKER_HOST=unix://{podman}"
    if sys.platform == "darwin":
        return "Install and start Docker Desktop (or colima: `brew install colima docker && colima start`)."
    if shutil.which("podman") is not None:
        return (
            "Podman is installed: systemctl --user start podman.socket, then "
            "export DOCKER_HOST=unix://$XDG_RUNTIME_DIR/podman/podman.sock"
        )
    if _dockerd_is_installed():
        return f"dockerd is installed but does not run: systemctl start docker, or {CLIENT} doctor --fix"
    return f"apt-get install --no-install-recommends docker.io iptables, or {CLIENT} doctor --fix"


def podman_socket() -> Path | None:
    candidates = [
        Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent")) / "podman/podman.sock",
        Path("/run/podman/podman.sock"),
    ]
    return next((path for path in candidates if path.is_socket()), None)


def can_install_engine() -> bool:
    return (
        sys.platform == "linux"
        and not os.environ.get("DOCKER_HOST")
        and (shutil.which("apt-get") is not None or _dockerd_is_installed())
    )


def _dockerd_is_installed() -> bool:
    return shutil.which("dockerd") is not None or Path("/usr/sbin/dockerd").is_file()


def network_check(context: Context) -> Check:
    if context.engine.shares_host_network:
        return Check("Network", OK, "dynos are reached at their own addresses")
    return Check("Network", OK, "dynos are reached through ports published on 127.0.0.1")


def disk_check(context: Context) -> Check:
    """Measure the engine's disk; only where it is this machine's."""
    root = Path(context.engine.facts.data_root)
    if not context.engine.shares_host_network or not root.is_dir():
        return Check("Disk", OK, "the engine's disk is not this machine's; docker system df shows its use")
    free = shutil.disk_usage(root).free
    text = f"{free / 1024**3:.1f} GB free at {root}"
    if free < LOW_DISK:
        return Check("Disk", WARNING, text, "docker system df shows what is large; localku needs about 5 GB")
    return Check("Disk", OK, text)


def stack_check(context: Context) -> Check:
    from localku.slugs import stack

    ready = stack.ready(context.engine)
    if ready:
        return Check("Stack images", OK, ", ".join(ready))
    return Check(
        "Stack images", MISSING, "none yet", f"{CLIENT} doctor --fix, or the first build installs them", fixable=True
    )


def postgres_check(context: Context) -> Check:
    from localku.services.postgres import postgres_versions

    try:
        return Check("Postgres image", OK, postgres_versions.installed(context.engine))
    except LocalkuError:
        return Check(
            "Postgres image", MISSING, "none yet", f"{CLIENT} doctor --fix, or the first add-on builds it", fixable=True
        )


def orphan_check(found: tuple[Container, ...]) -> Check:
    if not found:
        return Check("Leftovers", OK, "no orphan containers")
    names = ", ".join(container.name for container in found)
    return Check("Leftovers", WARNING, f"unsupervised: {names}", f"{CLIENT} doctor --fix removes them", fixable=True)


def quota_checks() -> tuple[Check, ...]:
    """Say where dynos do not see their quota: nothing where they do, or where none has been started yet."""
    said = tuple(quota_file.refusals())
    text = "programs in a dyno see twice their memory quota: the engine refuses to mount the file with it"
    remedy = f"runtimes that size themselves by it use too much; limit them with config:set. {' '.join(said)}"
    return (Check("Memory quota", WARNING, text, remedy),) if said else ()
