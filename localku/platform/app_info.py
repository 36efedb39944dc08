"""What there is to say about one app (`apps:info`)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from localku.context import Context
from localku.platform import running
from localku.store.records import Addon, App, DynoRecord


@dataclass(frozen=True)
class AppInfo:
    """`web_url` is None while nobody runs the app; `slug_size` are compressed bytes, `stack` that of its slug.

    `dynos` are those of the formation, as their supervisor last saw them; of `folders` the one used last is first.
    """

    app: App
    web_url: str | None
    stack: str | None
    slug_size: int | None
    addons: tuple[Addon, ...]
    dynos: tuple[DynoRecord, ...]
    folders: tuple[Path, ...]

    @property
    def quantities(self) -> dict[str, int]:
        """How many dynos of each process type there are."""
        return dict(sorted(Counter(dyno.type for dyno in self.dynos).items()))

    def as_json(self) -> dict[str, object]:
        """As `heroku apps:info --json` has it, and `folders` besides."""
        app = self.app
        stack = {"name": self.stack} if self.stack else None
        return {
            "app": {
                "id": app.uuid,
                "name": app.name,
                "created_at": f"{app.created_at:%Y-%m-%dT%H:%M:%SZ}",
                "maintenance": app.maintenance,
                "slug_size": self.slug_size,
                "stack": stack,
                "build_stack": {"name": app.stack} if app.stack else stack,
                "web_url": self.web_url,
            },
            "addons": [
                {"id": one.uuid, "name": one.name, "plan": {"name": f"heroku-postgresql:{one.plan}"}}
                for one in self.addons
            ],
            "dynos": [
                {"name": one.name, "type": one.type, "size": one.size, "state": str(one.state)} for one in self.dynos
            ],
            "folders": [str(folder) for folder in self.folders],
        }


def info(context: Context, app: App) -> AppInfo:
    """Gather it."""
    store = context.store
    slug = store.releases.current_slug(app)
    return AppInfo(
        app=app,
        web_url=running.url(context, app),
        stack=slug.stack if slug else app.stack,
        slug_size=slug.size if slug else None,
        addons=store.addons.of(app),
        dynos=tuple(store.dynos.of(app.id)),
        folders=store.folders.of(app),
    )
