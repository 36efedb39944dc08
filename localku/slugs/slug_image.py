"""From slug to image: a dependency layer on the run image, the app on top, both committed without running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from localku.engine import labels
from localku.engine.spec import ContainerSpec, Mount
from localku.errors import LocalkuError
from localku.slugs import accounts, slug_tar, users
from localku.slugs.archive import Archive
from localku.slugs.image_entry import ENTRY, ENTRY_SCRIPT

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.slugs.values import Identity, Slug

_LAYER_SCRIPT = """set -e -o pipefail
cd "$0"
for name; do mkdir -p "/app/$(dirname "./$name")"; cp -a "./$name" "/app/$name"; done &
tar -cf - -- "${@/#/./}" | gzip -1 | wc -c
wait %1
"""
"""Called with the folder of the build, and the names of what is to be copied."""


class Images:
    """Makes an app's layer and release images. `marks` are the labels each of them carries."""

    def __init__(self, engine: Engine, marks: Mapping[str, str], who: Identity) -> None:
        self._engine = engine
        self._marks = dict(marks)
        self._who = who

    def make_layer(self, run_image: str, volume: str, slug: Slug, tag: str) -> int:
        """Commit the slug's dependency folders on the run image as `tag`; return their compressed bytes."""
        container = self._engine.containers.create(
            ContainerSpec(
                image=run_image,
                name=f"localku-layer-{slug.build_id}",
                entrypoint=("/bin/bash", "-c"),
                command=(_LAYER_SCRIPT, f"/tmp/build_{slug.build_id}", *slug.layer_paths),
                labels={**self._marks, labels.ROLE: labels.ROLE_BUILD},
                mounts=(Mount(volume, "/tmp", read_only=True),),
                user=f"{self._who.uid}:{self._who.gid}",
                working_dir="/",
            )
        )
        try:
            self._engine.containers.put(container, "/", self._furniture(run_image, container))
            size = self._copy(container) if slug.layer_paths else 0
            self._commit(container, tag, {labels.LAYER: slug.layer})
        finally:
            self._engine.containers.remove(container)
        return size

    def make_release(self, layer_image: str, app: Iterator[bytes], tag: str, processes: Mapping[str, str]) -> None:
        """Commit the app's own files on its layer as `tag`, ready to run its web process by itself."""
        container = self._engine.containers.create(
            ContainerSpec(
                image=layer_image,
                name=f"localku-slug-{tag.replace('/', '-').replace(':', '-')}",
                labels={**self._marks, labels.ROLE: labels.ROLE_BUILD},
            )
        )
        try:
            self._engine.containers.put(container, "/", slug_tar.placed(app, "app", self._who))
            self._commit(container, tag, {}, processes.get("web"))
        finally:
            self._engine.containers.remove(container)

    def _copy(self, container: str) -> int:
        output = self._engine.containers.attach(container)
        self._engine.containers.start(container)
        text = b"".join(chunk for _, chunk in output).decode(errors="replace").strip()
        status = self._engine.containers.wait(container)
        if status != 0 or not text.isdigit():
            full = "No space left" in text
            raise LocalkuError(
                f"Could not put the dependencies into an image: {text or f'exit status {status}'}",
                "The engine's disk is full: free some space and try again." if full else "",
            )
        return int(text)

    def _furniture(self, run_image: str, container: str) -> bytes:
        archive, existing = Archive(), accounts.of(self._engine, run_image, container)
        archive.file("etc/passwd", users.passwd(existing["passwd"], self._who).encode())
        archive.file("etc/group", users.group(existing["group"]).encode())
        archive.file(ENTRY.lstrip("/"), ENTRY_SCRIPT, mode=0o755)
        archive.folder("app", uid=self._who.uid, gid=self._who.gid, mode=0o700)
        return archive.bytes()

    def _commit(self, container: str, tag: str, marks: Mapping[str, str], web: str | None = None) -> None:
        repository, _, version = tag.partition(":")
        self._engine.containers.commit(container, repository, version, self._config(marks, web))

    def _config(self, marks: Mapping[str, str], web: str | None) -> dict[str, Any]:
        return {
            "User": f"{self._who.uid}:{self._who.gid}",
            "WorkingDir": "/app",
            "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/app"],
            "Entrypoint": [ENTRY],
            "Cmd": [web] if web else ["bash"],
            "Labels": {**self._marks, **marks},
        }
