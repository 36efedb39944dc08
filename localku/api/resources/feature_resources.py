"""Features and labs of an app: `/apps/{app}/features`."""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint
from localku.dyno import app_features
from localku.errors import Invalid
from localku.platform import labs, views
from localku.platform.views import View
from localku.records import App


def _listed(call: Call) -> Answer:
    app = call.app()
    return Answer([_view(call, app, name) for name in app_features.FEATURES])


def _info(call: Call) -> Answer:
    return Answer(_view(call, call.app(), _named(call)))


def _switched(call: Call) -> Answer:
    app, name, on = call.app(), _named(call), call.flag("enabled")
    if on is None:
        raise Invalid("enabled is required.", resource="app-feature")
    (labs.enable if on else labs.disable)(call.context, app, name)
    return Answer(_view(call, app, name))


def _named(call: Call) -> str:
    """A feature is named by its name, or by its id."""
    name = call.names["feature"]
    by_id = {views.named("feature", one)["id"]: one for one in app_features.FEATURES}
    return app_features.named(by_id.get(name, name)).name


def _view(call: Call, app: App, name: str) -> View:
    on = labs.enabled(call.context, app)
    moment = views.time(on.get(name, app.created_at))
    return {**views.feature(app_features.FEATURES[name], on), "created_at": moment, "updated_at": moment}


ENDPOINTS = (
    Endpoint("GET", "/apps/{app}/features", _listed),
    Endpoint("GET", "/apps/{app}/features/{feature}", _info),
    Endpoint("PATCH", "/apps/{app}/features/{feature}", _switched),
)
