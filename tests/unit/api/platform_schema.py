"""Heroku's published schema of its API, and what it says of a response.

`heroku-platform-schema.json` is https://api.heroku.com/schema as github.com/heroku/platform-api has it (MIT License,
Copyright Heroku).
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

FILE = Path(__file__).with_name("heroku-platform-schema.json")

EXCEPTIONS = {
    "git_url": "its pattern wants git.heroku.com",
    "region": "a region's provider has to be one of Amazon's places",
    "web_url": "its pattern wants herokuapp.com",
}
"""Fields that no local answer can have as the schema wants them, and why."""

BEYOND = {
    "add-on": {"attachments"},
    "app": {"base_image_name", "current_build_architecture", "create_status", "process_tier"},
    "dyno": {"exit_status", "detached"},
    "release": set(),
}
"""Fields that clients read, or that are ours, and that the schema does not have."""


@cache
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text())
    return found


def resource(name: str) -> dict[str, Any]:
    return {"$ref": f"#/definitions/{name}", "definitions": schema()["definitions"]}


@cache
def _validator(name: str) -> Draft4Validator:
    return Draft4Validator(resource(name))


def faults(name: str, content: Any) -> list[str]:
    """What the schema has against this resource, or these resources."""
    if isinstance(content, list):
        return [fault for one in content for fault in faults(name, one)]
    beyond = BEYOND.get(name, set())
    content = {field: value for field, value in content.items() if field not in beyond}
    found = [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
        for error in _validator(name).iter_errors(content)
        if not (error.absolute_path and str(error.absolute_path[-1]) in EXCEPTIONS)
    ]
    known = set(schema()["definitions"][name].get("properties", content))
    return [*found, *(f"{field}: not in the schema" for field in set(content) - known)]


def path_of(href: str) -> str:
    """`/apps/{}/dynos` of the schema's `/apps/{(%23%2Fdefinitions%2Fapp%2Fdefinitions%2Fidentity)}/dynos`."""
    return re.sub(r"\{[^}]*\}", "{}", href)


@cache
def links() -> frozenset[tuple[str, str]]:
    """Each method and path that Heroku's API has."""
    return frozenset(
        (link["method"], path_of(link["href"]))
        for one in schema()["definitions"].values()
        for link in one.get("links", ())
    )
