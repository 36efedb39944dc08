"""Releases, and rolling back to one: `/apps/{app}/releases`."""

from __future__ import annotations

from collections.abc import Iterable

from localku.api.call import Answer, Call, Endpoint
from localku.api.links import stream_urls
from localku.platform import views
from localku.platform.addons import addon_servers
from localku.platform.releasing import release_ids, release_output, releases
from localku.platform.views import View
from localku.records import App, Release


def _listed(call: Call) -> Answer:
    app = call.app()
    return Answer(_views(call, app, reversed(releases.listed(call.context, app))))


def _info(call: Call) -> Answer:
    app = call.app()
    return Answer(_view(call, app, releases.find(call.context, app, call.names["release"])))


def _made(call: Call) -> Answer:
    """Of a slug there is, or a rollback to a release."""
    app, context = call.app(), call.context
    slug = call.text_or_none("slug", resource="slug")
    if slug is not None:
        chosen = releases.slug_of(context, app, slug)
        description = call.text_or_none("description", resource="release")
        with addon_servers.stopped_after(context, app):
            return Answer(_view(call, app, releases.from_slug(context, app, chosen, description)), 201)
    wanted = releases.find(context, app, call.text("release", resource="release"))
    with addon_servers.stopped_after(context, app):
        return Answer(_view(call, app, releases.rollback(context, app, wanted)), 201)


def _view(call: Call, app: App, found: Release) -> View:
    return _views(call, app, (found,))[0]


def _views(call: Call, app: App, found: Iterable[Release]) -> list[View]:
    context = call.context
    current, ids = releases.current(context, app), release_ids.of(context, app)
    printed, now = release_output.versions(context, app), context.clock.now()
    told = []
    for one in found:
        view = views.release(app, one, current, ids)
        if one.version in printed:
            name = f"v{one.version}"
            url = stream_urls.made(call.links, call.place.url, stream_urls.RELEASE, app, name, now)
            view = {**view, "output_stream_url": url}
        told.append(view)
    return told


ENDPOINTS = (
    Endpoint("GET", "/apps/{app}/releases", _listed),
    Endpoint("POST", "/apps/{app}/releases", _made),
    Endpoint("GET", "/apps/{app}/releases/{release}", _info),
)
