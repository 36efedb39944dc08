"""Heroku's buildpack registry as its CLI asks it, without the token: what `heroku/python` and its like stand for.

As github.com/heroku/heroku-buildpack-registry-cli reads it; the CLI then sets the address in `blob_url`, which
`buildpack_resources` takes for the name again.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from localku import __version__
from localku.api import api_errors
from localku.api.resources.buildpack_resources import REGISTRY
from localku.platform import views
from localku.platform.views import View
from localku.slugs import own_buildpacks
from localku.slugs.own_buildpacks import OWN

if TYPE_CHECKING:
    from starlette.requests import Request

PATH = "/buildpacks"

SINCE = "2012-01-01T00:00:00Z"

HEROKUS = ("clojure", "go", "gradle", "java", "nodejs", "php", "python", "ruby", "scala")
"""Of the namespace heroku: the languages that Heroku supports (devcenter.heroku.com/articles/buildpacks)."""

NAMES = tuple(sorted({*(f"heroku/{one}" for one in HEROKUS), *OWN}))


async def search(request: Request) -> Response:
    """`GET /buildpacks?in[namespace][]=X`, `in[name][]` or `like[description]`."""
    return JSONResponse([one for one in map(_view, NAMES) if _fits(one, request.query_params)])


async def info(request: Request) -> Response:
    """`GET /buildpacks/{name}`, its versions and its readme: those of localku's own; of others nothing is known."""
    parts = request.path_params["name"].split("/")
    name, part = "/".join(parts[:2]), "/".join(parts[2:])
    if name in NAMES and part == "":
        return JSONResponse(_view(name))
    if name in NAMES and part == "revisions":
        return JSONResponse([_revision(name)] if name in OWN else [])
    if name in OWN and part == "readme":
        return JSONResponse({"content": base64.b64encode(_readme(name).encode()).decode(), "encoding": "base64"})
    message = f"localku knows no buildpack {name}: set it by its URL."
    return JSONResponse({**api_errors.NOT_FOUND, "message": message}, 404)


def _revision(name: str) -> View:
    """The one there is, as old as its files."""
    made = datetime.fromtimestamp((own_buildpacks.folder(name) / "bin" / "compile").stat().st_mtime, UTC)
    return {
        "id": views.named("buildpack-revision", name)["id"],
        "release": 1,
        "status": "published",
        "license": "MIT",
        "created_at": views.time(made),
        "updated_at": views.time(made),
        "published_at": views.time(made),
    }


def _readme(name: str) -> str:
    return f"{name} here is localku's own buildpack, part of localku {__version__}: see docs/buildpacks.md there.\n"


def _view(name: str) -> View:
    namespace, _, last = name.partition("/")
    by = "localku's own" if name in OWN else "Heroku's, fetched when it is needed"
    return {
        **views.named("buildpack", name),
        "name": last,
        "namespace": namespace,
        "full_name": name,
        "blob_url": f"{REGISTRY}{name}.tgz",
        "category": "languages",
        "description": f"{last}: {by}",
        "license": None,
        "logo": None,
        "created_at": SINCE,
        "updated_at": SINCE,
        "source": {"type": "registry"},
        "support": {"method": None},
    }


def _fits(found: View, query: Mapping[str, str]) -> bool:
    asked = {"namespace": query.get("in[namespace][]"), "name": query.get("in[name][]")}
    text = query.get("like[description]")
    return all(value in {None, found[key]} for key, value in asked.items()) and (text or "") in found["description"]
