"""What is left of a run in the engine, found by its label, is taken away."""

from __future__ import annotations

import time

from benchmarks.contenders.docker_client import DockerClient
from benchmarks.stopwatch import CommandFailed

KINDS = (
    (("ps", "--all", "--quiet", "--no-trunc"), ("rm", "--force", "--volumes")),
    (("images", "--all", "--quiet", "--no-trunc"), ("rmi", "--force")),
    (("volume", "ls", "--quiet"), ("volume", "rm", "--force")),
    (("network", "ls", "--quiet", "--no-trunc"), ("network", "rm")),
)
"""How to list a kind of thing, and how to remove it; containers before what they use."""

TRIES = 10
PAUSE = 0.5
"""Seconds between two tries: an engine may go on with a step of a build for a moment after its client is gone."""

DISK_TRIES = 240
"""An engine measures its disk once at a time, and refuses others meanwhile."""


def sweep(client: DockerClient, label: str) -> list[str]:
    """Remove all that carries the label. Return what could not be removed."""
    left: list[str] = []
    for _ in range(TRIES):
        left = []
        for listing, removal in KINDS:
            found = list(dict.fromkeys(client.ask(*listing, "--filter", f"label={label}")))
            if found:
                client.ask(*removal, *found)
                left += client.ask(*listing, "--filter", f"label={label}")
        if not left:
            break
        time.sleep(PAUSE)
    return left


def build_cache(client: DockerClient) -> set[str]:
    """Return the identities of BuildKit's cache records. Raise CommandFailed: a guess would cost somebody's cache."""
    form = "{{range .BuildCache}}{{.ID}} {{end}}"
    for _ in range(DISK_TRIES):
        found = client.answer("system", "df", "--verbose", "--format", form)
        if found is not None:
            return {one.rstrip("*") for one in found}
        time.sleep(PAUSE)
    raise CommandFailed("docker system df\nthe engine did not say what is in its build cache")


def prune_build_cache(client: DockerClient, kept: set[str]) -> None:
    """Remove the cache records that are not to be kept, those first that no other is made from."""
    left = build_cache(client) - kept
    removed = True
    while removed and left:
        removed = False
        for one in sorted(left):
            if one in client.ask("builder", "prune", "--all", "--force", "--filter", f"id={one}"):
                left.remove(one)
                removed = True
