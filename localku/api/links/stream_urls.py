"""Where the output of builds and release commands is, in answers."""

from __future__ import annotations

from datetime import datetime, timedelta

from localku.api.links.signed_links import Links
from localku.records import App

PATH = "/streams"
BUILD, RELEASE = "build-output", "release-output"
GOOD_FOR = timedelta(days=1)
"""Of a link (own): each answer of the API has a fresh one."""


def made(links: Links, place: str, purpose: str, app: App, name: str, now: datetime) -> str:
    """The URL of what a build (its id) or a release (its version) prints. It is the same for an hour."""
    until = now.replace(minute=0, second=0, microsecond=0) + GOOD_FOR
    return f"{place}{PATH}/{links.made(purpose, {'app': app.uuid, 'name': name}, until)}"
