"""Switches on and off what changes behaviour here: Heroku's labs, and its general `features`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from localku.context import Context
from localku.dyno import app_features
from localku.dyno.app_features import Feature
from localku.errors import Invalid
from localku.records import App


def listed(kind: str) -> tuple[Feature, ...]:
    """Return the features of a kind: `labs`, or `general`."""
    return tuple(one for one in app_features.FEATURES.values() if one.kind == kind)


def enabled(context: Context, app: App) -> Mapping[str, datetime]:
    """Return the names of the app's features, each with when it was enabled."""
    return context.store.features.of(app)


def enable(context: Context, app: App, name: str, *, strict: bool = False) -> Feature:
    """Enable a feature; with `strict`, raise LocalkuError where it is enabled already.

    It makes no release and restarts nothing, as Heroku's docs have it.
    """
    feature = app_features.named(name)
    with context.store.db.transaction():
        if strict and feature.name in enabled(context, app):
            raise Invalid(f"{feature.name} is already enabled.", resource="app-feature")
        context.store.features.enable(app, feature.name, context.clock.now())
    return feature


def disable(context: Context, app: App, name: str, *, strict: bool = False) -> Feature:
    """Disable a feature; with `strict`, raise LocalkuError where it is disabled already."""
    feature = app_features.named(name)
    with context.store.db.transaction():
        if strict and feature.name not in enabled(context, app):
            raise Invalid(f"{feature.name} is already disabled.", resource="app-feature")
        context.store.features.disable(app, feature.name)
    return feature
