"""The versions of the database server, and the image of one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.errors import CLIENT, Kind, LocalkuError

if TYPE_CHECKING:
    from localku.engine.client import Engine

REPOSITORY = "localku/services/postgres"
DEBIAN = "18"
"""The version Debian 14 has."""
OFFICIAL = "17"
"""Heroku's default version (Dev Center, "Heroku Postgres Version Support")."""


def installed(engine: Engine) -> str:
    """The tag of the image that is there; raise LocalkuError when there is none."""
    tag = found_image(engine)
    if tag is None:
        raise LocalkuError(
            "The image of the database server is gone.", f"Run `{CLIENT} up` again to build it.", kind=Kind.NOT_FOUND
        )
    return tag


def found_image(engine: Engine) -> str | None:
    """A database's files belong to one version: what is installed stays in use, whatever answers today."""
    for version in (DEBIAN, OFFICIAL):
        if engine.images.find(f"{REPOSITORY}:{version}") is not None:
            return f"{REPOSITORY}:{version}"
    return None
