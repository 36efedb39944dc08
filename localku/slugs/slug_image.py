"""From slug to image: the dependency layer on the run image. What comes on top is release_image.py's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from localku.engine import labels
from localku.engine.spec import COPYING, ContainerSpec, Mount
from localku.errors import LocalkuError
from localku.slugs import accounts, image_entry, users
from localku.slugs.archive import Archive
from localku.slugs.build_limits import MEGABYTE, SLUG_BYTES, SLUG_SOFT_BYTES
from localku.slugs.building.layer_container import ANEW, DOING, Base, LayerContainer, Part
from localku.slugs.image_entry import ENTRY, ENTRY_SCRIPT

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.slugs.values import Identity, Slug

LAYER_SCRIPT = Path(__file__).parent / "inside" / "layer.sh"

ENOUGH = 16 * MEGABYTE
"""Of a layer twice as large or larger, so much is read and compressed to find its size; that takes 0.3 seconds."""

MOST_IMAGES = 8
"""How many images a dependency layer is made of at most. An engine can put 125 on each other."""


class Images:
    """Makes an app's layer images. `marks` are the labels each of them carries."""

    def __init__(self, engine: Engine, marks: Mapping[str, str], who: Identity) -> None:
        self._engine = engine
        self._marks = dict(marks)
        self._who = who
        self._at_work: set[str] = set()
        self._is_broken_off = False

    def break_off(self) -> None:
        """Make nothing any more, and take away what is just at work in another thread, whose work fails."""
        self._is_broken_off = True
        for container in tuple(self._at_work):
            self._engine.containers.remove(container)

    def make_layer(
        self,
        run_image: str,
        volume: str,
        slug: Slug,
        tag: str,
        base: Base | None = None,
        begun: LayerContainer | None = None,
    ) -> int:
        """Commit the slug's dependency folders on the run image as `tag`; return their compressed bytes.

        On `base`, only what differs is written, as long as that is worth it; in `begun` parts of it are there already.
        """
        if begun is not None:
            size = self._layer_in(begun, slug, tag)
        elif base is not None and slug.layer_paths:
            size = self._layer_in(self.open(base, volume, slug.build_id, "-on"), slug, tag)
        else:
            size = None
        return self._layer_anew(run_image, volume, slug, tag) if size is None else size

    def open(self, base: Base, volume: str, build_id: str, ending: str = "") -> LayerContainer:
        """Start a container of `base`; `ending` is that of its name. It is closed by what is done with it last."""
        ident = self._create(base, volume, build_id, ending)
        with self._removed_on_failure(ident):
            stream = self._engine.containers.attach_socket(ident)
            self._engine.containers.start(ident)
        return LayerContainer(ident, stream, base)

    def bring(self, container: LayerContainer, part: Part) -> bool:
        """Bring a part into it; False, and the container closed, where it is no good for what follows."""
        with self._removed_on_failure(container.id):
            is_of_use = container.part(part) != ANEW
        if not is_of_use:
            self.close(container)
        return is_of_use

    def commit_part(self, container: LayerContainer) -> Base:
        """Commit what it has, and close it; return what the rest can come on."""
        base = container.base
        made = self._commit(container, "", {})
        return Base(made, base.spent + max(1, self._size(made) - self._size(base.image)), base.below, container.lists)

    def close(self, container: LayerContainer) -> None:
        container.end()
        self._at_work.discard(container.id)
        self._engine.containers.remove_aside(container.id)

    def run_base(self, run_image: str) -> Base:
        return Base(run_image, 0, len(self._engine.images.layers(run_image)))

    def base(self, run_image: str, known: Mapping[str, str], lists: str) -> Base | None:
        """Return the first of the app's earlier layers that stands on the run image and can carry one more.

        `known` are these layers' images by fingerprint, newest first; `lists` is the folder with what is in them.
        """
        images = self._engine.images
        found = next(((layer, image) for layer, tag in known.items() if (image := images.find(tag))), None)
        run = images.find(run_image)
        if found is None or run is None:
            return None
        (fingerprint, layer), below = found, images.layers(run_image)
        own = images.layers(layer.id)
        if own[: len(below)] != below or not 0 < len(own) - len(below) < MOST_IMAGES:
            return None
        return Base(layer.id, max(1, layer.size - run.size), len(below), (f"{lists}/{fingerprint}",))

    def _check(self) -> None:
        if self._is_broken_off:
            raise LocalkuError(f"{DOING}: the build is over.")

    def _size(self, image: str) -> int:
        found = self._engine.images.find(image)
        if found is None:
            raise LocalkuError(f"{DOING}: the image {image} is gone.")
        return found.size

    def _layer_anew(self, run_image: str, volume: str, slug: Slug, tag: str) -> int:
        base = self.run_base(run_image)
        if not slug.layer_paths:
            return self._empty_layer(base, volume, slug, tag)
        size = self._layer_in(self.open(base, volume, slug.build_id), slug, tag)
        if size is None:
            raise LocalkuError(f"{DOING}: there is nothing to start anew from.")
        return size

    def _empty_layer(self, base: Base, volume: str, slug: Slug, tag: str) -> int:
        ident = self._create(base, volume, slug.build_id, "")
        try:
            self._save(ident, base, tag, {labels.LAYER: slug.layer})
        finally:
            self._remove(ident)
        return 0

    def _layer_in(self, container: LayerContainer, slug: Slug, tag: str) -> int | None:
        """Make the layer in it, and close it; None, and nothing made, when a whole new one is better."""
        with self._removed_on_failure(container.id):
            size = container.all(slug.layer_paths, slug.app_compressed)
        if size is None:
            self.close(container)
        else:
            self._commit(container, tag, {labels.LAYER: slug.layer})
        return size

    def _commit(self, container: LayerContainer, tag: str, marks: Mapping[str, str]) -> str:
        with self._removed_on_failure(container.id):
            made = self._save(container.id, container.base, tag, marks)
        self.close(container)
        return made

    def _create(self, base: Base, volume: str, build_id: str, ending: str) -> str:
        arguments = (f"/tmp/build_{build_id}", "/app", str(ENOUGH), f"{SLUG_SOFT_BYTES},{SLUG_BYTES}", str(base.spent))
        ident = self._engine.containers.create(
            ContainerSpec(
                image=base.image,
                name=f"localku-layer-{build_id}{ending}",
                entrypoint=("/bin/bash", "-c"),
                command=(LAYER_SCRIPT.read_text(), LAYER_SCRIPT.name, *arguments),
                labels={**self._marks, labels.ROLE: labels.ROLE_BUILD},
                mounts=(Mount(volume, "/tmp", read_only=True),),
                user=f"{self._who.uid}:{self._who.gid}",
                working_dir="/",
                limits=COPYING,
                stdin=True,
                tmpfs={"/var/tmp": ""},
            )
        )
        self._at_work.add(ident)
        with self._removed_on_failure(ident):
            self._check()
            if not base.spent:
                self._engine.containers.put(ident, "/", self._furniture(base.image, ident))
        return ident

    @contextmanager
    def _removed_on_failure(self, ident: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._remove(ident)
            raise

    def _remove(self, ident: str) -> None:
        self._at_work.discard(ident)
        self._engine.containers.remove(ident)

    def _furniture(self, run_image: str, container: str) -> bytes:
        archive, existing = Archive(), accounts.of(self._engine, run_image, container)
        archive.file("etc/passwd", users.passwd(existing["passwd"], self._who).encode())
        archive.file("etc/group", users.group(existing["group"]).encode())
        archive.file(ENTRY.lstrip("/"), ENTRY_SCRIPT, mode=0o755)
        archive.folder("app", uid=self._who.uid, gid=self._who.gid, mode=0o700)
        return archive.bytes()

    def _save(self, ident: str, base: Base, tag: str, marks: Mapping[str, str]) -> str:
        repository, _, version = tag.partition(":")
        marks = {**self._marks, labels.STACK_LAYERS: str(base.below), **marks}
        configuration = image_entry.configuration(self._who, marks)
        return self._engine.containers.commit(ident, repository, version, configuration)
