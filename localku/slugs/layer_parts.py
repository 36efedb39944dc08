"""A dependency layer that begins while buildpacks still work: what one has finished comes into an image beside others.

Nothing is taken on trust in it. The layer is made on that image as on any earlier one, and there `layer.sh` brings in
line what was changed meanwhile.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from localku.errors import LocalkuError
from localku.slugs.building.job import LISTS
from localku.slugs.inside import files_seen
from localku.slugs.slug_image import Base, Images, Part

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.slugs.building.job import Job
    from localku.slugs.inside.events import Settled
    from localku.slugs.values import Slug


class LayerParts:
    """Makes them one after another in a thread of its own. `known` are the app's earlier layers, newest first.

    Their images have no names: the layer on them keeps them, and what a build that failed leaves, the next removes.
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if value is not None:
            self._break_off()

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
        base = self._begun or self._earlier()
        return self._images.make_layer(self._run_image, self._job.volume, slug, tag, base)

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
        base = self._begun or self._earlier() or self._images.run_base(self._run_image)
        part = Part(settled.paths, settled.number, f"{job.out_dir}/{files_seen.part(settled.number)}")
        self._begun = self._images.make_part(base, job.volume, job.build_id, part) or self._begun

    def _remove_leftovers(self) -> None:
        for image in self._engine.images.labelled(self._job.labels):
            if not image.tags:
                self._engine.images.remove(image.id)
