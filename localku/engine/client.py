"""The engine as one object, connected when it is first needed; until then nothing of it is imported either."""

from __future__ import annotations

import os
import re
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from localku.engine.engine_errors import explained, unavailable
from localku.errors import LocalkuError

if TYPE_CHECKING:
    from docker import APIClient

    from localku.engine.containers import Containers
    from localku.engine.images import Images
    from localku.engine.networks import Networks
    from localku.engine.volumes import Volumes

TIMEOUT = 900
"""Seconds one call may take: a commit of a large slug on a slow disk."""


CONNECTIONS = 256
"""So many connections are kept for the next call: each dyno's output is one that is open for long."""


@dataclass(frozen=True)
class EngineFacts:
    """What kind of engine answers. `memory` in bytes; `cgroup` is `1` or `2`; `id` is its own name for itself."""

    version: str
    platform: str
    operating_system: str
    storage_driver: str
    cgroup: str
    cpus: int
    memory: int
    data_root: str
    id: str = ""


class Engine:
    """One Docker engine: `DOCKER_HOST`, else the docker CLI's current context, else the default socket."""

    def __init__(self, base_url: str | None = None) -> None:
        self._base_url = base_url

    @cached_property
    def api(self) -> APIClient:
        from localku.engine.quick import unix_path

        with explained("Could not connect"):
            path = unix_path(self._base_url)
            if path is not None:
                from localku.engine.direct_api import DirectApi

                return cast("APIClient", DirectApi(path, TIMEOUT, lambda: _connected(f"unix://{path}")))
            try:
                return _connected(self._base_url or _context_address())
            except ValueError as error:  # not an address at all
                raise unavailable(str(error)) from error

    @cached_property
    def containers(self) -> Containers:
        from localku.engine.containers import Containers

        return Containers(self.api)

    @cached_property
    def images(self) -> Images:
        from localku.engine.images import Images

        return Images(self.api)

    @cached_property
    def networks(self) -> Networks:
        from localku.engine.networks import Networks

        return Networks(self.api)

    @cached_property
    def volumes(self) -> Volumes:
        from localku.engine.volumes import Volumes

        return Volumes(self.api)

    @property
    def version(self) -> str:
        """Its version alone, which it tells at once; for `facts` it counts what it has."""
        return str(self._versions.get("Version", ""))

    @cached_property
    def _versions(self) -> dict[str, Any]:
        with explained("Could not ask the engine what it is"):
            return dict(self.api.version())

    @cached_property
    def facts(self) -> EngineFacts:
        with explained("Could not ask the engine what it is"):
            info = self.api.info()
        version = self._versions
        return EngineFacts(
            version=str(version.get("Version", "")),
            platform=str((version.get("Platform") or {}).get("Name", "")),
            operating_system=str(info.get("OperatingSystem", "")),
            storage_driver=str(info.get("Driver", "")),
            cgroup=str(info.get("CgroupVersion", "1")),
            cpus=int(info.get("NCPU", 1)),
            memory=int(info.get("MemTotal", 0)),
            data_root=str(info.get("DockerRootDir", "")),
            id=re.sub(r"\W", "", str(info.get("ID", ""))),
        )

    def learn_facts(self) -> None:
        """Ask for `facts` from now on, for whoever needs them later: an engine starts programs to tell some of them."""
        threading.Thread(target=self._learn, name="facts", daemon=True).start()

    def _learn(self) -> None:
        with suppress(LocalkuError):  # whoever needs them asks again, and is told
            _ = self.facts

    @cached_property
    def shares_host_network(self) -> bool:
        """Whether this machine can open connections to containers' own addresses.

        True for an engine on this Linux machine; False for Docker Desktop (containers live in
        a virtual machine) and for an engine reached over TCP or SSH.
        """
        local = str(self.api.base_url).startswith(("http+docker://", "http+unix://"))
        desktop = "Docker Desktop" in self.facts.operating_system
        return sys.platform == "linux" and local and not desktop

    def has_image(self, tag: str) -> bool:
        """Whether the engine has the image; quick, without docker-py where the engine listens on this machine."""
        from localku.engine.quick import image_exists

        answer = None if self._base_url else image_exists(tag)
        return self.images.find(tag) is not None if answer is None else answer


def _connected(address: str | None) -> APIClient:
    import docker
    from requests.adapters import HTTPAdapter

    if address:
        made = docker.APIClient(base_url=address, version="auto", timeout=TIMEOUT, max_pool_size=CONNECTIONS)
    else:
        made = docker.from_env(timeout=TIMEOUT, max_pool_size=CONNECTIONS).api
    for scheme in ("http://", "https://"):
        if str(made.base_url).startswith(scheme):  # docker-py does not pass the number on over TCP
            made.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))
    return made


def _context_address() -> str | None:
    """Where the docker CLI's current context points; None for its default one, and where DOCKER_HOST decides."""
    if os.environ.get("DOCKER_HOST"):
        return None
    from docker.context import ContextAPI

    chosen = os.environ.get("DOCKER_CONTEXT")
    context: Any = ContextAPI.get_context(chosen or None)
    if context is None:
        raise unavailable(f"there is no docker context {chosen or 'of the name in config.json'}")
    return None if context.Name == "default" else str(context.Host)
