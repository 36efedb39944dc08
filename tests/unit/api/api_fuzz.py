"""Requests made up over the links of Heroku's schema and over our own: right ones, nearly right ones, and none at all.

Request number N of a seed is always the same: what fails is found again by its number.
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote

from platform_schema import schema

from localku.api.endpoints import ENDPOINTS, SERVED

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND")

STRANGE: tuple[Any, ...] = (
    *("", " ", "~", "..", "../..", "/", "%", "%00", "%2e%2e%2f", "a" * 5000, "é", "\U0001f4a9", "\x00", "\n", "'", '"'),
    *("-1", "0", "1", "v1", "v999999999999", "null", "undefined", "true", "web.1", "web", "$(id)", "{}", "[]", "*"),
    *(0, 1, -1, 2**31, 2**63, 2**200, 1.5, 1e308, True, False, None),
    *([], {}, [None], [[]], {"name": None}, {"id": 1}, {"name": {"name": "x"}}, {"": ""}, ["x"] * 300),
)

RANGES = (
    *("", "id ..", "id ..; max=1000;", "version ..; order=desc,max=1", "version ]2..; max=1", "name a..b; max=0", "id"),
    *("bytes=0-1", "id ]..; max=99999999999999999999", "x ..;;;;", "version 9" * 99 + "..", "id ..; order=; max=", ";"),
)
TAGS = ("*", '""', '"x"', 'W/"x"', '"' * 999, '"0123456789abcdef0123456789abcdef"')
TYPES = ("application/json", "text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data", "x" * 999)
ACCEPTS = (
    "application/vnd.heroku+json; version=3",
    "*/*",
    "",
    "application/vnd.heroku+json; version=3.sdk",
    "text/html",
)
QUERIES = ("verbose=true", "eq[name]=x", "a=%00", "?" * 50)
BODIES = (
    b"",
    b"{",
    b"[]",
    b"[1]",
    b'"x"',
    b"null",
    b"\xff\xfe",
    b"\x00",
    b"[" * 5000,
    b'{"a":' * 5000,
    b"1e999",
    b"NaN",
)


@dataclass(frozen=True)
class Made:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Fuzz:
    """`known` are names of what there is, by the parameter that they fit; `token` lets in."""

    seed: int
    token: str
    host: str
    known: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def request(self, number: int) -> Made:
        dice = random.Random(f"{self.seed}/{number}")  # noqa: S311 - not a secret
        method, path, wanted = self._target(dice)
        return Made(method, path, self._headers(dice), self._body(dice, wanted))

    def _target(self, dice: random.Random) -> tuple[str, str, Any]:
        drawn = dice.random()
        if drawn < 0.45:
            link = dice.choice(_links())
            return link["method"], self._filled(dice, link["href"]), link.get("schema")
        if drawn < 0.9:
            one = dice.choice(SERVED if drawn < 0.8 else ENDPOINTS)
            schemas = [link.get("schema") for link in _links() if _alike(link["href"], one.path)]
            return one.method, self._filled(dice, one.path), dice.choice(schemas) if schemas else None
        return dice.choice(METHODS), self._filled(dice, dice.choice(ENDPOINTS).path), None

    def _filled(self, dice: random.Random, href: str) -> str:
        def value(match: re.Match[str]) -> str:
            found = re.findall(r"definitions(?:%2F|/)([a-z-]+)", match[0])
            kind = found[0] if found else re.sub(r"[{}]|:path", "", match[0])
            known = self.known.get(kind, ())
            if known and dice.random() < 0.8:
                return quote(dice.choice(known), safe="")
            return quote(str(dice.choice(STRANGE)).encode("utf-8", "replace"), safe="") or "x"

        path = re.sub(r"\{[^}]*\}", value, href)
        return path + (
            f"?{dice.choice(('verbose=true', 'eq[name]=x', 'a=%00', '?' * 50))}" if dice.random() < 0.05 else ""
        )

    def _headers(self, dice: random.Random) -> dict[str, str]:
        headers = {"Authorization": self._authorization(dice), "Accept": dice.choice(ACCEPTS), "Host": self.host}
        for name, values, often in (
            ("Range", RANGES, 0.2),
            ("If-None-Match", TAGS, 0.1),
            ("Content-Type", TYPES, 0.5),
            ("Host", ("evil.example", "127.0.0.1", "localhost:1", "::1"), 0.02),
            ("Origin", ("http://evil.example", "null"), 0.02),
            ("Content-Encoding", ("gzip", "x"), 0.02),
            ("Accept-Expansion", ("plan", "", "x" * 99), 0.05),
            ("Last-Event-ID", ("x", "9" * 99), 0.05),
        ):
            if dice.random() < often:
                headers[name] = dice.choice(values)
        return headers

    def _authorization(self, dice: random.Random) -> str:
        def basic(text: str) -> str:
            return f"Basic {base64.b64encode(text.encode()).decode()}"

        right = (
            *(f"Bearer {self.token}", basic(f":{self.token}"), basic(f"heroku:{self.token}")),
            *(basic(f"_:{self.token}"), basic(f"me@example.com:{self.token}")),
        )
        wrong = ("", "Bearer", "Bearer x", "Basic", "Basic ???", basic("x"), basic(f"{self.token}:"), "Digest x")
        return dice.choice(right if dice.random() < 0.95 else wrong)

    def _body(self, dice: random.Random, wanted: Any) -> bytes:
        drawn = dice.random()
        if drawn < 0.1:
            return dice.choice(BODIES)
        if drawn < 0.25 or not isinstance(wanted, dict):
            return json.dumps({dice.choice(FIELDS): dice.choice(STRANGE) for _ in range(dice.randrange(4))}).encode()
        return json.dumps(self._value(dice, wanted, 0)).encode()

    def _value(self, dice: random.Random, wanted: Any, depth: int) -> Any:  # noqa: PLR0911 - a kind each
        """Something of this schema, and now and then something else."""
        if dice.random() < 0.12 or depth > 5:
            return dice.choice(STRANGE)
        if "$ref" in wanted:
            parts = wanted["$ref"].split("/")
            known = self.known.get(parts[2], ())
            if known and parts[-1] in {"identity", "id", "name"} and dice.random() < 0.8:
                return dice.choice(known)
            return self._value(dice, _referred(wanted["$ref"]), depth + 1)
        for either in ("anyOf", "oneOf", "allOf"):
            if either in wanted:
                return self._value(dice, dice.choice(wanted[either]), depth + 1)
        if "enum" in wanted and dice.random() < 0.9:
            return dice.choice(wanted["enum"])
        kinds = wanted.get("type", ["string"])
        kind = dice.choice(kinds if isinstance(kinds, list) else [kinds])
        if kind == "object":
            properties = wanted.get("properties", {})
            required = set(wanted.get("required", ()))
            return {
                name: self._value(dice, one, depth + 1)
                for name, one in properties.items()
                if dice.random() < (0.95 if name in required else 0.4)
            }
        if kind == "array":
            return [self._value(dice, wanted.get("items", {}), depth + 1) for _ in range(dice.randrange(3))]
        return _plain(dice, kind, wanted)


FIELDS = (
    *("name", "app", "addon", "plan", "config", "updates", "size", "quantity", "command", "hostname", "url", "release"),
    *("slug", "attach", "env", "source_blob", "buildpacks", "stack", "maintenance", "lines", "hour", "A", "PORT", ""),
)


def _plain(dice: random.Random, kind: str, wanted: Mapping[str, Any]) -> Any:
    if kind == "string":
        return wanted.get("example") if dice.random() < 0.7 else dice.choice(STRANGE)
    return {"boolean": True, "integer": dice.randrange(-1, 4), "number": 0.5, "null": None}.get(kind)


@cache
def _links() -> tuple[dict[str, Any], ...]:
    return tuple(link for one in schema()["definitions"].values() for link in one.get("links", ()))


def _alike(href: str, path: str) -> bool:
    return re.sub(r"\{[^}]*\}", "{}", href) == re.sub(r"\{[^}]*\}", "{}", path)


@cache
def _referred(reference: str) -> Any:
    found: Any = schema()
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found
