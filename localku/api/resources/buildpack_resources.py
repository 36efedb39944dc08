"""Buildpacks of an app: `/apps/{app}/buildpack-installations`."""

from __future__ import annotations

from collections.abc import Mapping

from localku.api.call import Answer, Call, Endpoint, text_of
from localku.errors import Invalid
from localku.platform import buildpacks, views

REGISTRY = "https://buildpack-registry.s3.amazonaws.com/buildpacks/"
"""Where Heroku's CLI says that `heroku/python` is (its own text for it: `REGISTRYheroku/python.tgz`)."""


def _listed(call: Call) -> Answer:
    return Answer(views.buildpack_installations(buildpacks.of(call.context, call.app())))


def _set(call: Call) -> Answer:
    references = []
    for one in call.items("updates"):
        named = one.get("buildpack")
        reference = text_of(
            named.get("url") if isinstance(named, Mapping) else named, "buildpack", resource="buildpack"
        )
        if not reference:
            raise Invalid("Each update has to name a buildpack.", resource="buildpack")
        references.append(ours(reference))
    return Answer(views.buildpack_installations(buildpacks.set_on(call.context, call.app(), references)))


def ours(reference: str) -> str:
    """`heroku/python`, where a client sends the registry's address of it."""
    inside = reference.removeprefix(REGISTRY)
    return inside.removesuffix(".tgz") if inside != reference else reference


ENDPOINTS = (
    Endpoint("GET", "/apps/{app}/buildpack-installations", _listed),
    Endpoint("PUT", "/apps/{app}/buildpack-installations", _set),
)
