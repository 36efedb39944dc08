"""Releases, and rolling back to one: `/apps/{app}/releases`."""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint
from localku.platform import views
from localku.platform.addons import addon_servers
from localku.platform.releasing import release_ids, releases
from localku.platform.views import View
from localku.records import App, Release


def _listed(call: Call) -> Answer:
    app = call.app()
    return Answer([_view(call, app, one) for one in reversed(releases.listed(call.context, app))])


def _info(call: Call) -> Answer:
    app = call.app()
    return Answer(_view(call, app, releases.find(call.context, app, call.names["release"])))


def _rolled_back(call: Call) -> Answer:
    app = call.app()
    chosen = releases.find(call.context, app, call.text("release", resource="release"))
    with addon_servers.stopped_after(call.context, app):
        made = releases.rollback(call.context, app, chosen)
    return Answer(_view(call, app, made), 201)


def _view(call: Call, app: App, found: Release) -> View:
    current, ids = releases.current(call.context, app), release_ids.of(call.context, app)
    return views.release(app, found, current, ids)


ENDPOINTS = (
    Endpoint("GET", "/apps/{app}/releases", _listed),
    Endpoint("POST", "/apps/{app}/releases", _rolled_back),
    Endpoint("GET", "/apps/{app}/releases/{release}", _info),
)
