"""The UUIDs by which an app's releases and slugs are named to others, of the numbers they have here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from localku.context import Context
from localku.records import App


@dataclass(frozen=True)
class Ids:
    """Of each release by its version, of each slug by its number; slugs that were taken away have none."""

    releases: Mapping[int, str]
    slugs: Mapping[int, str]


def of(context: Context, app: App) -> Ids:
    """Read them all."""
    store = context.store.releases
    return Ids(store.uuids(app), store.slug_uuids(app))
