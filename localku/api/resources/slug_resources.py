"""Slugs: `/apps/{app}/slugs`. Builds make them, as images in the engine: there is no file of one to send or fetch."""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint
from localku.errors import Invalid
from localku.platform import stacks, views
from localku.platform.releasing import releases


def _info(call: Call) -> Answer:
    found = releases.slug_of(call.context, call.app(), call.names["slug"])
    stack = views.named("stack", stacks.named_for_heroku(found.stack))
    return Answer({**views.slug(found), "stack": stack})


def _created(call: Call) -> Answer:
    call.app()
    raise Invalid("localku takes no finished slugs: send the source to /sources, and build it.", resource="slug")


ENDPOINTS = (
    Endpoint("GET", "/apps/{app}/slugs/{slug}", _info),
    Endpoint("POST", "/apps/{app}/slugs", _created),
)
