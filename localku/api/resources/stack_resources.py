"""Stacks, regions, generations and dyno sizes, which are the same for every app."""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint
from localku.dyno import dyno_sizes
from localku.dyno.dyno_sizes import Size
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
    return Answer([views.region()])


def _one_region(call: Call) -> Answer:
    return Answer(_found([views.region()], call.names["region"], "region"))


def _generations(_call: Call) -> Answer:
    return Answer([_generation()])


def _one_generation(call: Call) -> Answer:
    return Answer(_found([_generation()], call.names["generation"], "generation"))


def _generation() -> View:
    return {**views.named("generation", "cedar"), "created_at": SINCE, "updated_at": SINCE}


def _sizes(_call: Call) -> Answer:
    return Answer([_size(one) for one in dyno_sizes.SIZES.values()])


def _one_size(call: Call) -> Answer:
    by_id = {_size(one)["id"]: one for one in dyno_sizes.SIZES.values()}
    wanted = call.names["size"]
    return Answer(_size(by_id[wanted] if wanted in by_id else dyno_sizes.named(wanted)))


def _sizes_of_app(call: Call) -> Answer:
    call.app()
    return _sizes(call)


def _stacks_of_app(call: Call) -> Answer:
    call.app()
    return _stacks(call)


def _size(found: Size) -> View:
    """`memory` is in GB, `compute` the share of a processor's time; nothing costs anything here."""
    return {
        **views.named("dyno-size", found.shown),
        "architecture": "amd64",
        "compute": found.share,
        "cost": None,
        "dedicated": found.name.startswith("performance"),
        "generation": views.named("generation", "cedar"),
        "memory": found.memory / 1024,
        "precise_dyno_units": 0,
        "private_space_only": False,
    }


def _found(known: list[View], wanted: str, resource: str) -> View:
    for one in known:
        if wanted in {one["id"], one["name"]}:
            return one
    raise LocalkuError(f"Couldn't find that {resource}.", kind=Kind.NOT_FOUND, resource=resource)


ENDPOINTS = (
    Endpoint("GET", "/apps/{app}/available-dyno-sizes", _sizes_of_app),
    Endpoint("GET", "/apps/{app}/available-stacks", _stacks_of_app),
    Endpoint("GET", "/dyno-sizes", _sizes),
    Endpoint("GET", "/dyno-sizes/{size}", _one_size),
    Endpoint("GET", "/generations", _generations),
    Endpoint("GET", "/generations/{generation}", _one_generation),
    Endpoint("GET", "/stacks", _stacks),
    Endpoint("GET", "/stacks/{stack}", _one_stack),
    Endpoint("GET", "/regions", _regions),
    Endpoint("GET", "/regions/{region}", _one_region),
)
