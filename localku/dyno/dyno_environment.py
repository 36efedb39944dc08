"""The environment variables of a dyno (Dev Center, "Dyno Startup Behavior", "Heroku Labs: Dyno Metadata")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.dyno import app_features

if TYPE_CHECKING:
    from localku.context import Context
    from localku.dyno.dyno_order import DynoOrder
    from localku.records import App, Release, Slug

PROMPT = r"\[\033[01;34m\]\w\[\033[00m\] \[\033[01;32m\]$ \[\033[00m\]"
"""PS1 as real one-off dynos have it."""

METADATA, BUILD_METADATA = "runtime-dyno-metadata", "runtime-dyno-build-metadata"

HEROKU_PYTHON = "heroku-buildpack-python"
"""In the address of Heroku's own Python buildpack."""


def of(context: Context, app: App, order: DynoOrder, identity: str) -> dict[str, str]:
    """Config vars, and what Heroku itself sets in a dyno; `identity` is the dyno's id, and its host's name."""
    return {
        **_web_concurrency(order),
        **order.release.config,
        **metadata(context, app, order.release, order.slug, identity),
        "DYNO": order.name,
        "PORT": str(order.port),
        "HOME": "/app",
        "DYNO_RAM": str(order.size.memory),
        **({"PS1": PROMPT} if order.type == "run" else {}),
        **order.extra_environment,
    }


def _web_concurrency(order: DynoOrder) -> dict[str, str]:
    """Say it where Heroku's own Python buildpack would not find out: it knows control groups 1, and our cores."""
    asks = any(HEROKU_PYTHON in reference for reference in order.slug.buildpacks)
    return {"WEB_CONCURRENCY": str(order.size.web_concurrency)} if asks else {}


def metadata(context: Context, app: App, release: Release, slug: Slug, identity: str) -> dict[str, str]:
    """Return the variables of the labs features that were enabled when the release was made."""
    values: dict[str, str] = {}
    description = f"Deploy {(slug.commit or slug.fingerprint)[:8]}"
    if _enabled(context, app, release, METADATA):
        values |= {
            "HEROKU_APP_ID": app.uuid,
            "HEROKU_APP_NAME": app.name,
            "HEROKU_APP_DEFAULT_DOMAIN_NAME": app.default_domain,
            "HEROKU_DYNO_ID": identity,
            "HEROKU_RELEASE_CREATED_AT": f"{release.created_at:%Y-%m-%dT%H:%M:%SZ}",
            "HEROKU_RELEASE_VERSION": f"v{release.version}",
            "HEROKU_SLUG_COMMIT": slug.commit or "",
            "HEROKU_SLUG_DESCRIPTION": description,
        }
    if _enabled(context, app, release, BUILD_METADATA):
        values |= {"HEROKU_BUILD_COMMIT": slug.commit or "", "HEROKU_BUILD_DESCRIPTION": description}
    return values


def _enabled(context: Context, app: App, release: Release, feature: str) -> bool:
    since = app_features.since(context, app, feature)
    return since is not None and since <= release.created_at
