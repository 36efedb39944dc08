"""The versions of the database server, and the image of one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.engine import registry
from localku.errors import CLIENT, Kind, LocalkuError

if TYPE_CHECKING:
    from localku.engine.client import Engine

REPOSITORY = "localku/services/postgres"
DEBIAN = "18"
"""The version Debian 14 has."""
POSTGIS = f"{DEBIAN}-postgis"
"""The same server with PostGIS, for databases of which somebody asks for it: its files are those of `DEBIAN`."""
OFFICIAL = "17"
"""Heroku's default version (Dev Center, "Heroku Postgres Version Support")."""


OFFICIALS = (OFFICIAL, "16", "15", "14")
"""What Heroku offers and the official image has."""


def to_be_had(engine: Engine) -> tuple[str, ...]:
    """The versions a new database may have, the usual one first."""
    found = found_image(engine)
    usual = (found.rpartition(":")[2],) if found else ()
    others = (*OFFICIALS, DEBIAN) if registry.answers() else (DEBIAN,)
    there = tuple(one for one in (DEBIAN, *OFFICIALS) if engine.images.find(f"{REPOSITORY}:{one}") is not None)
    return tuple(dict.fromkeys((*usual, *others, *there, POSTGIS)))


def installed(engine: Engine, version: str = "") -> str:
    """The tag of the image that is there, of a version if one is named; raise LocalkuError when there is none."""
    tag = found_image(engine, version)
    if tag is None:
        raise LocalkuError(
            "The image of the database server is gone.", f"Run `{CLIENT} up` again to build it.", kind=Kind.NOT_FOUND
        )
    return tag


def found_image(engine: Engine, version: str = "") -> str | None:
    """A database's files belong to one version: what is installed stays in use, whatever answers today."""
    for one in (version,) if version else (DEBIAN, OFFICIAL):
        if engine.images.find(f"{REPOSITORY}:{one}") is not None:
            return f"{REPOSITORY}:{one}"
    return None
