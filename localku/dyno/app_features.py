"""The features of an app that change behaviour here: Heroku's labs, and its general `features`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from localku.errors import CLIENT, Kind, LocalkuError

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App

LABS, GENERAL = "labs", "general"
"""Heroku lists experimental features under `heroku labs` and those in state `general` under `heroku features`."""

DOCS = "https://devcenter.heroku.com/articles/"


@dataclass(frozen=True)
class Feature:
    """`effect` says when a change of it is seen."""

    name: str
    kind: str
    description: str
    effect: str
    article: str

    @property
    def docs(self) -> str:
        return DOCS + self.article


NEXT_REQUEST = "Takes effect with the next request."

FEATURES = {
    feature.name: feature
    for feature in (
        # Names and kinds: Dev Center, "Heroku Labs" and "HTTP Routing". Descriptions of the two general ones: a real
        # `heroku features`; that of log-runtime-metrics: a test of Heroku's old CLI; the others are ours.
        Feature(
            "http-disable-keepalive-to-dyno",
            LABS,
            "Open a new connection to the dyno for each request",
            NEXT_REQUEST,
            "heroku-labs-disabling-keepalives-to-dyno-for-router-2-0",
        ),
        Feature(
            "http-end-to-end-continue",
            LABS,
            "Pass Expect: 100-continue on to the dyno",
            NEXT_REQUEST,
            "http-routing#expect-100-continue",
        ),
        Feature(
            "http-session-affinity",
            GENERAL,
            "Enable session affinity for all requests",
            NEXT_REQUEST,
            "session-affinity",
        ),
        Feature(
            "log-runtime-metrics",
            LABS,
            "Emit dyno resource usage information into app logs",
            f"Takes effect when dynos restart: {CLIENT} ps:restart",
            "log-runtime-metrics",
        ),
        Feature(
            "preboot",
            GENERAL,
            "Provide seamless web dyno deploys",
            "The next release of an app with standard or performance web dynos boots before the old dynos stop.",
            "preboot",
        ),
        Feature(
            "runtime-dyno-build-metadata",
            LABS,
            "Set HEROKU_BUILD_COMMIT and HEROKU_BUILD_DESCRIPTION in dynos",
            "Takes effect with the next deploy.",
            "dyno-metadata",
        ),
        Feature(
            "runtime-dyno-metadata",
            LABS,
            "Set HEROKU_APP_NAME, HEROKU_RELEASE_VERSION and their like in dynos",
            "Takes effect with the next deploy.",
            "dyno-metadata",
        ),
    )
}
"""By name, in the order they are listed."""


def named(name: str) -> Feature:
    found = FEATURES.get(name)
    if found is None:
        raise LocalkuError(
            f"Couldn't find that feature: {name}.",
            f"Features that localku supports: {', '.join(FEATURES)}.",
            kind=Kind.NOT_FOUND,
            resource="app-feature",
        )
    return found


def enabled(context: Context, app: App, name: str) -> bool:
    """Whether the app has the feature. Raise LocalkuError for a name that is none."""
    return since(context, app, name) is not None


def since(context: Context, app: App, name: str) -> datetime | None:
    """When the feature was enabled, None where it is not: some take effect with the next deploy only."""
    return context.store.features.of(app).get(named(name).name)
