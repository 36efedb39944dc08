"""One call of the API: what the client sent, taken out piece by piece, and what it is answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from localku.api.attaching_dynos import Attach
from localku.api.background_builds import Build
from localku.api.background_transfers import Begin
from localku.api.json_values import Json
from localku.api.links.signed_links import Links
from localku.context import Context
from localku.errors import Invalid, Kind, LocalkuError
from localku.platform import apps
from localku.platform.views import View
from localku.records import App


@dataclass(frozen=True)
class Answer:
    """A resource, or a list of them that a client may ask for in parts."""

    content: View | Sequence[View]
    status: int = 200


@dataclass(frozen=True)
class Place:
    """Where this door is: what the URLs in answers begin with, `http://127.0.0.1:5080`."""

    url: str


@dataclass(frozen=True)
class Call:
    context: Context
    place: Place
    links: Links
    attach: Attach
    transfer: Begin
    build: Build
    names: Mapping[str, str]
    """The parts of the path, by their names in the route."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Json] = field(default_factory=dict)

    def app(self) -> App:
        """The app that the path names, by its name or UUID."""
        return apps.identified(self.context, self.names["app"])

    def named(self, part: str, name: str) -> Call:
        """The same call with a part of its path."""
        return replace(self, names={**self.names, part: name})

    def text(self, name: str, *, resource: str = "") -> str:
        """A text that has to be there."""
        found = self.text_or_none(name, resource=resource)
        if not found:
            raise Invalid(f"{name} is required.", resource=resource)
        return found

    def text_or_none(self, name: str, *, resource: str = "") -> str | None:
        """A text; clients also write `{"name": TEXT}` or `{"id": TEXT}` for what has both."""
        return text_of(self.body.get(name), name, resource=resource)

    def flag(self, name: str) -> bool | None:
        """True or false, of which some clients say 1 and 0 (heroku3 ends a maintenance with 0)."""
        found = self.body.get(name)
        if found is None:
            return None
        if isinstance(found, bool | int) and found in {0, 1}:
            return bool(found)
        raise Invalid(f"{name} must be true or false.")

    def items(self, name: str) -> tuple[Mapping[str, Json], ...]:
        """A list of objects."""
        found = self.body.get(name, ())
        if isinstance(found, str) or not isinstance(found, Sequence):
            raise Invalid(f"{name} must be a list.")
        return tuple(as_object(one, name) for one in found)


Handler = Callable[[Call], Answer]


class Answers(StrEnum):
    """What an endpoint does for whoever asks."""

    SERVED = "served"
    EMPTY = "answers empty"
    ABSENT = "not there"


@dataclass(frozen=True)
class Endpoint:
    """`path` has `{app}` and the like for its variable parts."""

    method: str
    path: str
    handler: Handler
    answers: Answers = Answers.SERVED


def as_object(found: Json, name: str) -> Mapping[str, Json]:
    if not isinstance(found, Mapping):
        raise Invalid(f"{name} must be an object.")
    return found


def text_of(found: Json, name: str, *, resource: str = "") -> str | None:
    if isinstance(found, Mapping):
        found = found.get("name") or found.get("id")
    if found is not None and not isinstance(found, str):
        raise Invalid(f"{name} must be a text.", resource=resource)
    return found


def parsed(raw: bytes) -> Mapping[str, Json]:
    """The body of a request: an object, or nothing at all."""
    if not raw.strip():
        return {}
    try:
        found: Json = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise LocalkuError("The body is not JSON.", kind=Kind.INVALID, ident="bad_request") from error
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise LocalkuError("The body must be a JSON object.", kind=Kind.INVALID, ident="bad_request")
    return found
