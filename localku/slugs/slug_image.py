"""From slug to image: the dependency layer on the run image. What comes on top is release_image.py's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from localku.engine import labels
from localku.engine.spec import COPYING, ContainerSpec, Mount
from localku.errors import LocalkuError
from localku.slugs import accounts, image_entry, users
from localku.slugs.archive import Archive
from localku.slugs.build_limits import MEGABYTE, SLUG_BYTES, SLUG_SOFT_BYTES
from localku.slugs.image_entry import ENTRY, ENTRY_SCRIPT

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.slugs.values import Identity, Slug

DOING = "Could not put the dependencies into an image"

LAYER_SCRIPT = Path(__file__).parent / "inside" / "layer.sh"

ENOUGH = 16 * MEGABYTE
"""Of a layer twice as large or larger, so much is read and compressed to find its size; that takes 0.3 seconds."""

MOST_IMAGES = 8
"""How many images a dependency layer is made of at most. An engine can put 125 on each other."""

ANEW = 3
"""The script's exit status for: little of the earlier layer is still in use, a new one is better."""

NOTHING = 4
"""The script's exit status for: the layer has all of the part already."""


@dataclass(frozen=True)
class Base:
    """What a layer is made on: how many bytes earlier layers of the app take in it, how many are the run image's.

    `lists` name files that are in it (`inside/files_seen.py`).
    """

    image: str
    spent: int
    below: int
    lists: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """Folders of a build that is going on, the `number`th it has reported."""

    paths: tuple[str, ...]
    number: int
    list_file: str


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

    def make_layer(self, run_image: str, volume: str, slug: Slug, tag: str, base: Base | None = None) -> int:
        """Commit the slug's dependency folders on the run image as `tag`; return their compressed bytes.

        On `base`, only what differs is written, as long as that is worth it.
        """
        on = base if slug.layer_paths else None
        size = self._layer(on, volume, slug, tag) if on is not None else None
        return self._layer_anew(run_image, volume, slug, tag) if size is None else size

    def make_part(self, base: Base, volume: str, build_id: str, part: Part) -> Base | None:
        """Commit what `part` has on `base`, unless the base has all of it; return what the rest can come on.

        None: it is no good base for this, see `make_layer`.
        """
        work = _Work(base, volume, build_id, f"-part{part.number}")
        with self._container(work, ("part", *_arguments(build_id, base, 0), *part.paths)) as container:
            status, text = self._run(container)
            if status == ANEW:
                return None
            if status not in (0, NOTHING):
                raise _failed(status, text)
            lists = (*base.lists, part.list_file)
            if status == NOTHING:
                return replace(base, lists=lists)
            made = self._commit(container, "", {labels.STACK_LAYERS: str(base.below)})
        return Base(made, base.spent + max(1, self._size(made) - self._size(base.image)), base.below, lists)

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
        size = self._layer(self.run_base(run_image), volume, slug, tag)
        if size is None:
            raise LocalkuError(f"{DOING}: there is nothing to start anew from.")
        return size

    def _layer(self, base: Base, volume: str, slug: Slug, tag: str) -> int | None:
        """Make the layer on `base`; None, and nothing made, when a whole new one is better."""
        arguments = ("all", *_arguments(slug.build_id, base, slug.app_compressed), *slug.layer_paths)
        with self._container(_Work(base, volume, slug.build_id, "-on" if base.spent else ""), arguments) as container:
            status, text = self._run(container) if slug.layer_paths else (0, "0")
            if status == ANEW:
                return None
            if status != 0 or not text.isdigit():
                raise _failed(status, text)
            self._commit(container, tag, {labels.LAYER: slug.layer, labels.STACK_LAYERS: str(base.below)})
        return int(text)

    @contextmanager
    def _container(self, work: _Work, arguments: tuple[str, ...]) -> Iterator[str]:
        """Make a container that does the work once it is started; it is taken away afterwards."""
        container = self._engine.containers.create(
            ContainerSpec(
                image=work.base.image,
                name=f"localku-layer-{work.build_id}{work.ending}",
                entrypoint=("/bin/bash", "-c"),
                command=(LAYER_SCRIPT.read_text(), LAYER_SCRIPT.name, *arguments),
                labels={**self._marks, labels.ROLE: labels.ROLE_BUILD},
                mounts=(Mount(work.volume, "/tmp", read_only=True),),
                user=f"{self._who.uid}:{self._who.gid}",
                working_dir="/",
                limits=COPYING,
                tmpfs={"/var/tmp": ""},
            )
        )
        self._at_work.add(container)
        try:
            self._check()
            if not work.base.spent:
                self._engine.containers.put(container, "/", self._furniture(work.base.image, container))
            yield container
        except BaseException:
            self._engine.containers.remove(container)
            raise
        finally:
            self._at_work.discard(container)
        self._engine.containers.remove_aside(container)

    def _run(self, container: str) -> tuple[int, str]:
        output = self._engine.containers.attach(container)
        self._engine.containers.start(container)
        text = b"".join(chunk for _, chunk in output).decode(errors="replace").strip()
        return self._engine.containers.wait(container), text

    def _furniture(self, run_image: str, container: str) -> bytes:
        archive, existing = Archive(), accounts.of(self._engine, run_image, container)
        archive.file("etc/passwd", users.passwd(existing["passwd"], self._who).encode())
        archive.file("etc/group", users.group(existing["group"]).encode())
        archive.file(ENTRY.lstrip("/"), ENTRY_SCRIPT, mode=0o755)
        archive.folder("app", uid=self._who.uid, gid=self._who.gid, mode=0o700)
        return archive.bytes()

    def _commit(self, container: str, tag: str, marks: Mapping[str, str]) -> str:
        repository, _, version = tag.partition(":")
        configuration = image_entry.configuration(self._who, {**self._marks, **marks})
        return self._engine.containers.commit(container, repository, version, configuration)


@dataclass(frozen=True)
class _Work:
    """`ending` is that of the container's name."""

    base: Base
    volume: str
    build_id: str
    ending: str


def _arguments(build_id: str, base: Base, beside: int) -> tuple[str, ...]:
    limits = f"{SLUG_SOFT_BYTES},{SLUG_BYTES}"
    return (f"/tmp/build_{build_id}", "/app", str(ENOUGH), str(beside), limits, str(base.spent), ":".join(base.lists))


def _failed(status: int, text: str) -> LocalkuError:
    return LocalkuError(
        f"{DOING}: {text or f'exit status {status}'}",
        "The engine's disk is full: free some space and try again." if "No space left" in text else "",
    )
