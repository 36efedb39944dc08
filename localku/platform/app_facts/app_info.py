"""What there is to say about one app (`apps:info`)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from localku.context import Context
from localku.platform.app_facts import app_status
from localku.platform.app_facts.app_status import AppStatus
from localku.platform.dynos import formation
from localku.platform.releasing import release_ids
from localku.platform.releasing.release_ids import Ids
from localku.records import Addon, App, DynoRecord, FormationEntry, Slug


@dataclass(frozen=True)
class AppInfo:
    """`slug_size` are compressed bytes, `stack` is that of its slug, `tier` which sizes its dynos can have.

    `dynos` are those of the formation, as their supervisor last saw them; of `folders` the one used last is first.
    """

    status: AppStatus
    stack: str | None
    slug_size: int | None
    addons: tuple[Addon, ...]
    dynos: tuple[DynoRecord, ...]
    folders: tuple[Path, ...]
    ids: Ids
    tier: str

    @property
    def quantities(self) -> dict[str, int]:
        """How many dynos of each process type there are."""
        return dict(sorted(Counter(dyno.type for dyno in self.dynos).items()))


@dataclass(frozen=True)
class AppSummary:
    """What a list says of each app; the fields as those of `AppInfo`."""

    status: AppStatus
    stack: str | None
    slug_size: int | None
    tier: str


def summary(context: Context, status: AppStatus) -> AppSummary:
    """Read no more than that."""
    store, app = context.store, status.app
    return _summary(status, store.releases.current_slug(app), store.apps.formation(app))


def summaries(context: Context) -> tuple[AppSummary, ...]:
    """Of all apps of this state folder, in few reads: there may be many."""
    slugs, formations = context.store.releases.current_slugs(), context.store.apps.formations()
    return tuple(
        _summary(status, slugs.get(status.app.id), formations.get(status.app.id, ()))
        for status in app_status.listed(context)
    )


def _summary(status: AppStatus, slug: Slug | None, entries: tuple[FormationEntry, ...]) -> AppSummary:
    stack, size = (slug.stack, slug.size) if slug else (status.app.stack, None)
    return AppSummary(status, stack, size, formation.tier(entries))


def info(context: Context, app: App) -> AppInfo:
    """Gather it."""
    store, found = context.store, summary(context, app_status.of(context, app))
    return AppInfo(
        status=found.status,
        stack=found.stack,
        slug_size=found.slug_size,
        addons=store.addons.of(app),
        dynos=tuple(store.dynos.of(app.id)),
        folders=store.folders.of(app),
        ids=release_ids.of(context, app),
        tier=found.tier,
    )
