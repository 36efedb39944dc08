"""The environment variables of a dyno (Dev Center, "Dyno Startup Behavior", "Heroku Labs: Dyno Metadata")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.dyno import app_features
from localku.dyno.dyno_sizes import PLACES

if TYPE_CHECKING:
    from localku.context import Context
    from localku.dyno.dyno_order import DynoOrder
    from localku.engine.spec import Bind
    from localku.records import App, Release, Slug

PROMPT = r"\[\033[01;34m\]\w\[\033[00m\] \[\033[01;32m\]$ \[\033[00m\]"
"""PS1 as real one-off dynos have it."""

METADATA, BUILD_METADATA = "runtime-dyno-metadata", "runtime-dyno-build-metadata"

HEROKU_PYTHON = "heroku-buildpack-python"
"""In the address of Heroku's own Python buildpack."""


def of(context: Context, app: App, order: DynoOrder, identity: str, binds: tuple[Bind, ...] = ()) -> dict[str, str]:
    """Config vars, and what Heroku itself sets in a dyno; `identity` is the dyno's id, `binds` lie over its files."""
    return {
        **_unseen(order, binds),
        **order.release.config,
        **metadata(context, app, order.release, order.slug, identity),
        "DYNO": order.name,
        "PORT": str(order.port),
        "HOME": "/app",
        **({"PS1": PROMPT} if order.type == "run" else {}),
        **order.extra_environment,
    }


def _unseen(order: DynoOrder, binds: tuple[Bind, ...]) -> dict[str, str]:
    """Say what programs cannot read in the one file that Heroku's dynos have for it, which is of control groups 1.

    Heroku's Python buildpack knows no other (its vendor/WEB_CONCURRENCY.sh); ours takes DYNO_RAM for the dyno's memory.
    """
    if any(bind.path == PLACES["1"] for bind in binds):
        return {}
    memory = {} if binds else {"DYNO_RAM": str(order.size.memory)}
    asks = any(HEROKU_PYTHON in reference for reference in order.slug.buildpacks)
    return memory | ({"WEB_CONCURRENCY": str(order.size.web_concurrency)} if asks else {})


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
