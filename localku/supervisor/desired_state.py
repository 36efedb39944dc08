"""What the store wants of an app at this moment, read anew in each round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.dyno import dyno_sizes, dyno_spec
from localku.dyno.dyno_order import DynoOrder
from localku.platform.dynos import formation
from localku.records import EVERY_DYNO

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App, DynoRecord, FormationEntry, Release, Slug


@dataclass(frozen=True)
class DesiredState:
    """`entries` is the formation by dyno name, `restarts` how often a restart of which dyno was asked for."""

    app: App
    entries: Mapping[str, FormationEntry]
    release: Release | None
    slug: Slug | None
    restarts: Mapping[str, int]

    @classmethod
    def read(cls, context: Context, app: App, *, stopping: bool) -> DesiredState:
        release = context.store.releases.current(app)
        slug = context.store.releases.slug(release.slug_id) if release and release.slug_id else None
        entries = {} if stopping or slug is None else _entries(context, app, slug)
        return cls(app, entries, release, slug, context.store.dynos.generations(app.id))

    def generation(self, name: str) -> int:
        return self.restarts.get(EVERY_DYNO, 0) + self.restarts.get(name, 0)

    def replaces(self, record: DynoRecord) -> bool:
        """Whether the dyno runs, or ran, something else than what is wanted now."""
        entry = self.entries[record.name]
        version = self.release.version if self.release else 0
        return (record.release, record.generation, record.size) != (version, self.generation(record.name), entry.size)

    def order(self, name: str) -> DynoOrder:
        """The process to run as this dyno, at a new random port. Only for a dyno in `entries`."""
        entry, release, slug = self.entries[name], self.release, self.slug
        if release is None or slug is None:
            raise LookupError(name)
        return DynoOrder(
            name=name,
            command=slug.process_types[entry.type],
            size=dyno_sizes.named(entry.size),
            release=release,
            slug=slug,
            port=dyno_spec.random_port(),
            waits=True,
        )


def _entries(context: Context, app: App, slug: Slug) -> dict[str, FormationEntry]:
    entries = formation.desired(context, app, slug.process_types)
    return {f"{entry.type}.{n}": entry for entry in entries for n in range(1, entry.quantity + 1)}
