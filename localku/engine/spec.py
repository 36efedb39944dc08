"""What a container shall be, as a value; `body` puts it into the words of the engine's API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

LOG_BYTES, LOG_FILES = 50 * 1024 * 1024, 3
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


def body(spec: ContainerSpec) -> dict[str, Any]:
    """The JSON of `POST /containers/create` (Docker Engine API, "Create a container"), without what is not said."""
    return _said(
        {
            "Image": spec.image,
            "Cmd": list(spec.command) or None,
            "Entrypoint": None if spec.entrypoint is None else list(spec.entrypoint),
            "Env": [f"{name}={value}" for name, value in spec.environment.items()],
            "Labels": dict(spec.labels),
            "ExposedPorts": {_port(one): {} for one in spec.publish} or None,
            "User": spec.user,
            "WorkingDir": spec.working_dir,
            "Hostname": spec.hostname,
            "Tty": spec.tty,
            "OpenStdin": spec.stdin,
            "StdinOnce": spec.stdin,
            "AttachStdin": spec.stdin,
            "AttachStdout": spec.stdin,
            "AttachStderr": spec.stdin,
            "StopSignal": spec.stop_signal,
            "HostConfig": _host(spec),
        }
    )


def _host(spec: ContainerSpec) -> dict[str, Any]:
    limits = spec.limits
    ulimits = None if limits.nproc is None else [{"Name": "nproc", "Soft": limits.nproc, "Hard": limits.nproc}]
    return _said(
        {
            "Binds": [_bind(one) for one in spec.mounts if one.volume and not one.labels] or None,
            "Mounts": [*_mounts(m for m in spec.mounts if not m.volume or m.labels), *_files(spec.binds)] or None,
            "NetworkMode": spec.network,
            "PortBindings": {_port(one): [_published(one)] for one in spec.publish} or None,
            "Init": spec.init or None,
            "Memory": limits.memory,
            "MemorySwap": limits.memory,
            "PidsLimit": limits.pids,
            "CpuShares": limits.cpu_shares,
            "Ulimits": ulimits,
            "Tmpfs": dict(spec.tmpfs) or None,
            "ReadonlyRootfs": spec.read_only or None,
            "CapDrop": ["ALL"],
            "CapAdd": list(spec.capabilities) or None,
            "SecurityOpt": ["no-new-privileges"],
            "LogConfig": {
                "Type": "json-file",
                "Config": {"max-size": f"{LOG_BYTES // 1024**2}m", "max-file": str(LOG_FILES)},
            },
            "AutoRemove": spec.auto_remove or None,
            "RestartPolicy": {"Name": "unless-stopped"} if spec.restart else None,
        }
    )


def _said(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _port(published: Publish) -> str:
    return f"{published.container_port}/tcp"


def _published(published: Publish) -> dict[str, str]:
    return {"HostIp": published.host, "HostPort": str(published.host_port or "")}


def _bind(mount: Mount) -> str:
    return f"{mount.volume}:{mount.path}:{'ro' if mount.read_only else 'rw'}"


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
