"""Stacks and regions, which are the same for every app."""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint
from localku.errors import Kind, LocalkuError
from localku.platform import stacks, views
from localku.platform.views import View

SINCE = "2022-01-01T00:00:00Z"


def _stacks(_call: Call) -> Answer:
    return Answer([_stack(name) for name in stacks.ALL])


def _one_stack(call: Call) -> Answer:
    return Answer(_found([_stack(name) for name in stacks.ALL], call.names["stack"], "stack"))


def _stack(name: str) -> View:
    return {
        **views.named("stack", name),
        "created_at": SINCE,
        "default": name == stacks.DEFAULT,
        "state": "public",
        "updated_at": SINCE,
    }


def _regions(_call: Call) -> Answer:
    return Answer([_region()])


def _one_region(call: Call) -> Answer:
    return Answer(_found([_region()], call.names["region"], "region"))


def _region() -> View:
    return {
        **views.named("region", "us"),
        "country": "this machine",
        "created_at": SINCE,
        "description": "localku on this machine",
        "locale": "localhost",
        "private_capable": False,
        "provider": {"name": "localku", "region": "localhost"},
        "updated_at": SINCE,
    }


def _found(known: list[View], wanted: str, resource: str) -> View:
    for one in known:
        if wanted in {one["id"], one["name"]}:
            return one
    raise LocalkuError(f"Couldn't find that {resource}.", kind=Kind.NOT_FOUND, resource=resource)


ENDPOINTS = (
    Endpoint("GET", "/stacks", _stacks),
    Endpoint("GET", "/stacks/{stack}", _one_stack),
    Endpoint("GET", "/regions", _regions),
    Endpoint("GET", "/regions/{region}", _one_region),
)
