"""The formation: `/apps/{app}/formation`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from localku.api.call import Answer, Call, Endpoint, text_of
from localku.api.json_values import Json
from localku.errors import Invalid, Kind, LocalkuError
from localku.platform import views
from localku.platform.dynos import formation
from localku.platform.dynos.formation import Change
from localku.platform.views import View
from localku.records import App

_QUANTITY = re.compile(r"(?P<sign>[+-]?)(?P<number>[0-9]{1,9})\Z")


def _listed(call: Call) -> Answer:
    return Answer(_views(call, call.app()))


def _info(call: Call) -> Answer:
    app, wanted = call.app(), call.names["type"]
    for one in _views(call, app):
        if wanted in {one["type"], one["id"]}:
            return Answer(one)
    raise LocalkuError(f"Couldn't find that process type ({wanted}).", kind=Kind.NOT_FOUND, resource="formation")


def _updated(call: Call) -> Answer:
    app = call.app()
    changes = [_change(text_of(one.get("type"), "type") or "", one) for one in call.items("updates")]
    changed = {one.type for one in formation.update(call.context, app, changes)} if changes else set()
    return Answer([one for one in _views(call, app) if one["type"] in changed])


def _one_updated(call: Call) -> Answer:
    formation.update(call.context, call.app(), [_change(call.names["type"], call.body)])
    return _info(call)


def _views(call: Call, app: App) -> list[View]:
    types = formation.types(call.context, app)
    return [views.formation(app, one, types) for one in formation.of(call.context, app)]


def _change(kind: str, wish: Mapping[str, Json]) -> Change:
    """Heroku's CLI writes quantities as texts, and `+1` for one more."""
    if not kind:
        raise Invalid("type is required.", resource="formation")
    size = text_of(wish.get("size") or wish.get("dyno_size"), "size", resource="formation")
    quantity = wish.get("quantity")
    if quantity is None:
        return Change(kind, size=size)
    found = _QUANTITY.match(str(quantity)) if not isinstance(quantity, bool) else None
    if found is None:
        raise Invalid(f"{quantity!r} is not a quantity.", resource="formation")
    number = int(found["number"])
    if found["sign"]:
        return Change(kind, by=-number if found["sign"] == "-" else number, size=size)
    return Change(kind, quantity=number, size=size)


ENDPOINTS = (
    Endpoint("GET", "/apps/{app}/formation", _listed),
    Endpoint("PATCH", "/apps/{app}/formation", _updated),
    Endpoint("GET", "/apps/{app}/formation/{type}", _info),
    Endpoint("PATCH", "/apps/{app}/formation/{type}", _one_updated),
)
