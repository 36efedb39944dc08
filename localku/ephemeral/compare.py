"""A dyno's files against its slug's: what is added, changed and deleted. Content decides, not mode or time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localku.ephemeral.change import (
    GONE,
    HOME,
    WRITABLE,
    Change,
    Trace,
    below,
)

if TYPE_CHECKING:
    from localku.ephemeral.walk import Seen, Walk


@dataclass(frozen=True, slots=True)
class SlugFile:
    """What the slug has at a path. `type` is find's letter, `content` a SHA-1, or where a link leads."""

    type: str
    size: int
    modified: float
    content: str


Slug = Mapping[str, SlugFile]


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of where a dyno's files come from.

    `booted`: when its boot was over, in seconds since 1970; infinite while it boots. `certain`: nothing but the boot
    can have written before that, as no request came. `before`: what the boot of the dyno in its place before it made.
    """

    booted: float = 0.0
    certain: bool = False
    before: Mapping[str, Trace] = field(default_factory=dict)

    def repeats(self, path: str, trace: Trace) -> bool:
        """Whether the boot makes a change each time: as this boot did, so did the one before it, if that is known."""
        if not trace.by_boot:
            return False
        known = self.before.get(path)
        if known is not None and known.by_boot and known.digest and trace.digest:
            return known.digest == trace.digest
        return self.certain

    def trace(self, digest: str, written: float) -> Trace:
        return Trace(digest, written <= self.booted)


def touched(walk: Walk) -> bool:
    """Whether there is anything to compare at all."""
    return any(below(seen.path, folder) for seen in walk.new for folder in WRITABLE if seen.path not in WRITABLE[1:])


def unsettled(walk: Walk, slug: Slug, origin: Origin) -> tuple[str, ...]:
    """Paths of files that must be read to know whether they differ from the slug's, or come back as they are."""
    return tuple(
        seen.path for seen in walk.new if seen.type == "f" and not seen.digest and _matters(seen, slug, origin)
    )


def _matters(seen: Seen, slug: Slug, origin: Origin) -> bool:
    was = slug.get(seen.path)
    return (was is not None and was.size == seen.size) or seen.written <= origin.booted


def changes(walk: Walk, slug: Slug, origin: Origin, digests: Mapping[str, str]) -> Iterator[Change]:
    """Yield every difference. `digests` are those of files that the walk itself has not read."""
    for seen in walk.new:
        was, digest = slug.get(seen.path), digests.get(seen.path, seen.digest)
        if was is None and not _stands_by_itself(seen):
            continue
        if was is None or not _same(was, seen, digest):
            trace = origin.trace(digest, seen.written)
            yield Change(
                seen.path,
                "changed" if was else "added",
                seen.size if seen.type == "f" else None,
                is_dir=seen.type == "d",
                head=seen.head,
                returns=origin.repeats(seen.path, trace),
                trace=trace,
            )
    if walk.complete:
        yield from _deleted(walk, slug, origin)


def _deleted(walk: Walk, slug: Slug, origin: Origin) -> Iterator[Change]:
    written = {seen.path: seen.written for seen in walk.new}
    for path in slug.keys() - written.keys() - walk.old - {HOME}:
        folder = path.rpartition("/")[0]
        while folder and folder not in written:  # what is in a deleted folder went with it, or before
            folder = folder.rpartition("/")[0]
        trace = origin.trace(GONE, written.get(folder, math.inf))
        yield Change(path, "deleted", is_dir=slug[path].type == "d", returns=origin.repeats(path, trace), trace=trace)


def _stands_by_itself(seen: Seen) -> bool:
    """Whether the slug would have it if it had been there: a folder outside it may be the image's own."""
    if seen.type != "d" or below(seen.path, HOME):
        return True
    return seen.path not in WRITABLE and any(below(seen.path, folder) for folder in WRITABLE)


def _same(was: SlugFile, seen: Seen, digest: str) -> bool:
    if was.type != seen.type or seen.type not in "fl":
        return was.type == seen.type
    if seen.type == "l":
        return was.content == seen.link
    if was.size != seen.size:
        return False
    return was.content == digest if digest else int(was.modified) == int(seen.modified)
