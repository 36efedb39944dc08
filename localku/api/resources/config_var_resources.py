"""Config vars: `/apps/{app}/config-vars`."""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint
from localku.errors import Invalid
from localku.platform.addons import addon_servers
from localku.platform.releasing import config, config_vars, releases


def _all(call: Call) -> Answer:
    return Answer(dict(config_vars.of(call.context, call.app())))


def _changed(call: Call) -> Answer:
    app = call.app()
    changes: dict[str, str | None] = {}
    for name, value in call.body.items():
        if value is not None and not isinstance(value, str):
            raise Invalid(f"The value of config var {name} must be a text.", resource="config-vars")
        changes[name] = value
    if changes:
        with addon_servers.stopped_after(call.context, app):
            config.change(call.context, app, changes)
    return Answer(dict(config_vars.of(call.context, app)))


def _of_release(call: Call) -> Answer:
    return Answer(dict(releases.find(call.context, call.app(), call.names["release"]).config))


ENDPOINTS = (
    Endpoint("GET", "/apps/{app}/config-vars", _all),
    Endpoint("PATCH", "/apps/{app}/config-vars", _changed),
    Endpoint("GET", "/apps/{app}/releases/{release}/config-vars", _of_release),
)
