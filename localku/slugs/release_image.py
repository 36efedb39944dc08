"""The image of a release: the app's own files on its dependency layer."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localku.engine import labels
from localku.engine.engine_errors import disk_full
from localku.engine.spec import COPYING, ContainerSpec, Mount
from localku.errors import LocalkuError
from localku.slugs import image_entry, stacking

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.engine.two_way import TwoWay
    from localku.slugs.building.ahead import Ahead
    from localku.slugs.building.job import Job
    from localku.slugs.values import Slug

SCRIPT = Path(__file__).parent / "inside" / "release.sh"

DONE = b"done"

DOING = "Could not put the app's files into an image"

ELSEWHERE = {"/var/tmp": "", "/run/lock": ""}
"""Folders of a stack's image in which everybody can write, beside the volume: what comes there is lost."""


@dataclass(frozen=True)
class Filling:
    """A container that waits for the id of the build whose files it shall have."""

    id: str
    stream: TwoWay


class ReleaseImages:
    """Makes the release images of a job's app."""

    def __init__(self, engine: Engine, job: Job) -> None:
        self._engine = engine
        self._job = job

    def container(self, layer_image: str) -> Filling:
        """Start a container of a layer. It may do what the app's dynos may, and no more."""
        containers, who = self._engine.containers, self._job.who
        self._engine.volumes.ensure(self._job.volume, self._job.labels)
        made = containers.create(
            ContainerSpec(
                image=layer_image,
                name=f"localku-slug-{self._job.build_id}-{secrets.token_hex(4)}",
                entrypoint=("/bin/bash", "-c"),
                command=(SCRIPT.read_text(), SCRIPT.name, "/tmp", "/app"),
                labels={**self._job.labels, labels.ROLE: labels.ROLE_BUILD},
                mounts=(Mount(self._job.volume, "/tmp", read_only=True),),
                user=f"{who.uid}:{who.gid}",
                working_dir="/",
                limits=COPYING,
                stdin=True,
                tmpfs=ELSEWHERE,
                auto_remove=True,
            )
        )
        try:
            stream = containers.attach_socket(made)
            containers.start(made)
        except BaseException:
            containers.remove(made)
            raise
        return Filling(made, stream)

    def let_go(self, container: Filling) -> None:
        """Let it end, upon which the engine takes it away."""
        container.stream.hang_up()

    def remove(self, container: Filling) -> None:
        """Take it away whatever it does."""
        self._engine.containers.remove(container.id)

    def base(self, layer_image: str, slug: Slug) -> str | None:
        """Return the image of the app's last build, where this one's can be made on it."""
        last = self._job.base
        if last is None or slug.own is None or slug.own.changed is None:
            return None
        stands = stacking.stands(self._engine, last, layer_image)
        return last.image if stands and stacking.pays(self._engine, last, layer_image, slug.own) else None

    def make(self, ahead: Ahead[Filling], layer_image: str, tag: str, slug: Slug) -> None:
        """Commit the app's own files in a container of its layer as `tag`, ready to run its web process by itself.

        That container may be one of the app's last image, in which only what differs is written.
        """
        base = self.base(layer_image, slug)
        image, order = (layer_image, self._job.build_id) if base is None else (base, f"{self._job.build_id} on")
        container = ahead.container(image)
        if not self._filled(container, order):  # somebody has killed the one that waited
            container = ahead.another(image)
            if not self._filled(container, order):
                raise LocalkuError(f"{DOING}: the container ended.")
        repository, _, version = tag.partition(":")
        configuration = image_entry.configuration(self._job.who, self._job.labels, slug.process_types.get("web"))
        self._engine.containers.commit(container.id, repository, version, configuration)

    def _filled(self, container: Filling, order: str) -> bool:
        """Let it take the build's files; False when it is not there any more."""
        said = {1: b"", 2: b""}
        with suppress(OSError):  # that it hangs up shows in what it has not said
            container.stream.send(f"{order}\n".encode())
            for stream, piece in container.stream.frames():
                said[stream] += piece
                if said[1].strip() == DONE:
                    return True
        complaint = said[2].decode(errors="replace").strip()
        if "No space left" in complaint:
            raise disk_full(DOING)
        if complaint:
            raise LocalkuError(f"{DOING}: {complaint}")
        return False
