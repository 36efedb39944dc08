"""What a deploy is told, and what is in force after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localku.records import App, Release, Slug


@dataclass(frozen=True)
class Options:
    """How to deploy.

    `offline`: no network at all. `force`: build even when nothing changed. `clear_cache`: with no build cache.
    `rebuild`: False builds only what was never built. `stays_up`: the databases go on running, as dynos follow.
    `new_app`: the app was made for this deploy, and goes again where the source turns out to be none. `again`:
    another deploy will come soon, as with `up --watch`. `buildpacks` are for this build alone, before all others.
    `has_turn`: whoever deploys has the turn to build the app (`build_turn`).
    """

    offline: bool = False
    force: bool = False
    clear_cache: bool = False
    rebuild: bool = True
    stays_up: bool = False
    new_app: bool = False
    again: bool = False
    buildpacks: tuple[str, ...] = ()
    has_turn: bool = False


@dataclass(frozen=True)
class Deployed:
    """What is in force afterwards.

    `built` is False when nothing had changed and `release` runs the slug there was; `configured`: config vars
    of app.json or `.env` were set, which is a release too.
    """

    app: App
    release: Release
    slug: Slug
    built: bool
    configured: bool = False

    @property
    def image(self) -> str:
        """The image's name by this release; by its build where an older one made it."""
        from localku.platform.deploying import build

        return build.image_of(self.release, self.slug) if self.built else self.slug.image
