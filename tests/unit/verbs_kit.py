"""Slugs, and the log as text."""

from __future__ import annotations

from localku.context import Context
from localku.records import App, Layer, Release, Slug


def slug(context: Context, app: App, number: int = 1, types: dict[str, str] | None = None, layer: str = "l1") -> Slug:
    now = context.clock.now()
    context.store.releases.add_layer(Layer(app.id, layer, f"localku/one:deps-{layer}", 5), now)
    image = f"localku/one:v{number}"
    for tag in (image, f"localku/one:deps-{layer}"):
        context.engine.images.tag(tag, *tag.split(":"))
    return context.store.releases.add_slug(
        Slug(0, app.id, f"f{number}", image, layer, types or {"web": "serve"}, (), "debian-14", 1, None, now)
    )


def deploy(context: Context, app: App, number: int = 1, types: dict[str, str] | None = None) -> Release:
    made = slug(context, app, number, types)
    return context.store.releases.add(app, made, {}, "Deploy", "succeeded", context.clock.now())


def lines(context: Context, app: App) -> list[str]:
    return [f"{line.source}[{line.proc}]: {line.message}" for line in context.log(app).history(1500)]
