"""A dependency layer that begins while buildpacks still work: what one has finished comes into it beside others.

Nothing is taken on trust in it: at the end `layer.sh` brings in line what was changed meanwhile, as in any earlier
layer.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from localku.errors import LocalkuError
from localku.slugs.build_limits import MEGABYTE
from localku.slugs.building.job import LISTS
from localku.slugs.building.layer_container import Base, LayerContainer, Part
from localku.slugs.inside import files_seen
from localku.slugs.slug_image import Images

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.slugs.building.job import Job
    from localku.slugs.inside.events import Settled
    from localku.slugs.values import Slug


LARGE = 32 * MEGABYTE
"""Bytes that are committed before the rest comes: that takes a second, and other buildpacks work meanwhile."""


class LayerParts:
    """Makes them one after another in a thread of its own. `known` are the app's earlier layers, newest first.

    All come into one container, but what is large: its image has no name. The layer on it keeps it, and what a build
    that failed leaves, the next removes.
    """

    def __init__(self, engine: Engine, job: Job, run_image: str, known: Mapping[str, str]) -> None:
        self._engine = engine
        self._job = job
        self._run_image = run_image
        self._known = known
        self._images = Images(engine, job.labels, job.who)
        self._asked: queue.SimpleQueue[Settled | None] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None
        self._is_over = False
        self._begun: Base | None = None
        self._open: LayerContainer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if value is not None:
            self._break_off()
        elif self._worker is not None:
            self._worker.join()
            self._close()

    def begin(self, settled: Settled) -> None:
        """Begin the layer with these folders; what does not succeed is done with the rest."""
        self._asked.put(settled)
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, name="layer", daemon=True)
            self._worker.start()

    def make_layer(self, slug: Slug, tag: str) -> int:
        """Commit the slug's dependency folders as `tag`; return their compressed bytes."""
        self._end()
        if self._worker is not None:
            self._worker.join()
        begun, self._open = self._open, None
        base = None if begun is not None else self._begun or self._earlier()
        return self._images.make_layer(self._run_image, self._job.volume, slug, tag, base, begun)

    def _end(self) -> None:
        """Begin no other part."""
        self._is_over = True
        self._asked.put(None)

    def _break_off(self) -> None:
        """Leave no container of a part behind: the end of the program waits for no thread that makes one."""
        with suppress(LocalkuError):
            self._images.break_off()
        if self._worker is not None:
            self._worker.join()

    def _earlier(self) -> Base | None:
        return self._images.base(self._run_image, self._known, LISTS)

    def _work(self) -> None:
        with suppress(LocalkuError):
            self._remove_leftovers()
        while (settled := self._asked.get()) is not None and not self._is_over:
            with suppress(LocalkuError):
                self._make(settled)

    def _make(self, settled: Settled) -> None:
        job = self._job
        part = Part(settled.paths, settled.number, f"{job.out_dir}/{files_seen.part(settled.number)}")
        container, self._open = self._open or self._started(settled.number), None
        if not self._images.bring(container, part):
            return
        if container.written < LARGE:
            self._open = container
        else:
            self._begun = self._images.commit_part(container)

    def _started(self, number: int) -> LayerContainer:
        base = self._begun or self._earlier() or self._images.run_base(self._run_image)
        return self._images.open(base, self._job.volume, self._job.build_id, f"-part{number}")

    def _close(self) -> None:
        """Nobody wants what is in it: the app has had such a layer before."""
        if self._open is not None:
            self._images.close(self._open)
            self._open = None

    def _remove_leftovers(self) -> None:
        for image in self._engine.images.labelled(self._job.labels):
            if not image.tags:
                self._engine.images.remove(image.id)
