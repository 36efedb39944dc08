"""Switches on and off what changes behaviour here: Heroku's labs, and its general `features`."""

from __future__ import annotations

from localku.context import Context
from localku.dyno import app_features
from localku.dyno.app_features import Feature
from localku.store.records import App


def enable(context: Context, app: App, name: str) -> Feature:
    """Enable a feature. It makes no release and restarts nothing, as Heroku's docs have it."""
    feature = app_features.named(name)
    context.store.features.enable(app, feature.name, context.clock.now())
    return feature


def disable(context: Context, app: App, name: str) -> Feature:
    feature = app_features.named(name)
    context.store.features.disable(app, feature.name)
    return feature
