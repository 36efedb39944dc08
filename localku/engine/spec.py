"""What a container shall be, as a value; `create_arguments` turns it into docker-py's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

LOG_SIZE, LOG_FILES = "50m", 3
"""What the engine keeps of a container's output, and so how far behind localku may be without losing a line."""


@dataclass(frozen=True)
class Mount:
    """A named volume at a path inside the container.

    One with `labels` is made with them where there is none yet; an empty one gets what the image has at `path`.
    One whose name is empty is the container's own, and goes with it.
    """

    volume: str
    path: str
    read_only: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bind:
    """A file or folder of the engine's own machine at a path inside the container."""

    source: str
    path: str
    read_only: bool = True


@dataclass(frozen=True)
class Limits:
    """`memory` in bytes, `pids` processes plus threads, `cpu_shares` a weight, `nproc` for `ulimit -u`.

    None is as much as the engine has.
    """

    memory: int | None = None
    pids: int | None = None
    cpu_shares: int | None = None
    nproc: int | None = None


@dataclass(frozen=True)
class Publish:
    """A container port on an address of the host; `host_port` 0 lets the engine choose."""

    container_port: int
    host: str
    host_port: int = 0


NO_NETWORK, ENGINES_NETWORK, HOSTS_NETWORK = "none", "bridge", "host"

COPYING = Limits()
"""Files that a container copies count as its memory: with little of it, it waits for the disk."""

SMALL = Limits(memory=512 * 1024 * 1024, pids=128)
"""Enough for a helper that copies files."""


@dataclass(frozen=True)
class ContainerSpec:
    """What is not asked for is not there: no capability, no network, no way to more rights, little memory.

    `capabilities` are named as Docker names them (`CHOWN`). `user` None is the image's own. `read_only`: nothing
    but mounts and `tmpfs` can be written to.
    """

    image: str
    name: str
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    binds: tuple[Bind, ...] = ()
    user: str | None = None
    working_dir: str | None = None
    hostname: str | None = None
    network: str = NO_NETWORK
    publish: tuple[Publish, ...] = ()
    limits: Limits = SMALL
    capabilities: tuple[str, ...] = ()
    read_only: bool = False
    init: bool = False
    tty: bool = False
    stdin: bool = False
    stop_signal: str | None = None
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    restart: bool = False
    """Come back by itself when the engine restarts."""
    auto_remove: bool = False
    """Go away by itself when its process ends."""


def create_arguments(spec: ContainerSpec) -> dict[str, Any]:
    """Keyword arguments for `APIClient.create_container`, but for `host_config`."""
    arguments: dict[str, Any] = {
        "image": spec.image,
        "name": spec.name,
        "command": list(spec.command) or None,
        "environment": dict(spec.environment),
        "labels": dict(spec.labels),
        "ports": [published.container_port for published in spec.publish] or None,
        "user": spec.user,
        "working_dir": spec.working_dir,
        "hostname": spec.hostname,
        "tty": spec.tty,
        "stdin_open": spec.stdin,
        "stop_signal": spec.stop_signal,
        "detach": not spec.stdin,
    }
    if spec.entrypoint is not None:
        arguments["entrypoint"] = list(spec.entrypoint)
    return arguments


def host_arguments(spec: ContainerSpec) -> dict[str, Any]:
    """Keyword arguments for `APIClient.create_host_config`."""
    arguments: dict[str, Any] = {
        "binds": _binds(m for m in spec.mounts if m.volume and not m.labels) or None,
        "mounts": [*_mounts(m for m in spec.mounts if not m.volume or m.labels), *_files(spec.binds)] or None,
        "network_mode": spec.network,
        "port_bindings": {p.container_port: (p.host, p.host_port or None) for p in spec.publish} or None,
        "init": spec.init or None,
        "mem_limit": spec.limits.memory,
        "memswap_limit": spec.limits.memory,
        "pids_limit": spec.limits.pids,
        "cpu_shares": spec.limits.cpu_shares,
        "tmpfs": dict(spec.tmpfs) or None,
        "read_only": spec.read_only or None,
        "cap_drop": ["ALL"],
        "cap_add": list(spec.capabilities) or None,
        "security_opt": ["no-new-privileges"],
        "log_config": {"type": "json-file", "config": {"max-size": LOG_SIZE, "max-file": str(LOG_FILES)}},
    }
    if spec.limits.nproc is not None:
        arguments["ulimits"] = [{"Name": "nproc", "Soft": spec.limits.nproc, "Hard": spec.limits.nproc}]
    if spec.auto_remove:
        arguments["auto_remove"] = True
    if spec.restart:
        arguments["restart_policy"] = {"Name": "unless-stopped"}
    return arguments


def _binds(mounts: Iterable[Mount]) -> dict[str, Any]:
    return {mount.volume: {"bind": mount.path, "mode": "ro" if mount.read_only else "rw"} for mount in mounts}


def _mounts(mounts: Iterable[Mount]) -> list[dict[str, Any]]:
    return [
        {
            "Type": "volume",
            "Source": mount.volume or None,
            "Target": mount.path,
            "ReadOnly": mount.read_only,
            "VolumeOptions": {"Labels": dict(mount.labels)},
        }
        for mount in mounts
    ]


def _files(binds: Iterable[Bind]) -> list[dict[str, Any]]:
    return [{"Type": "bind", "Source": bind.source, "Target": bind.path, "ReadOnly": bind.read_only} for bind in binds]
