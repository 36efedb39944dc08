"""The verbs on builds: what was built, how it ended, and what it printed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform.deploying import build_output
from localku.slugs.builder import BuildFailed
from localku.store.records import App, Build, BuildStatus, Release, Slug

KEPT = 50
"""Builds of an app that are remembered (own)."""


class Recording:
    """A build that goes on: `write` gets its output, line by line."""

    def __init__(self, context: Context, app: App, build: Build) -> None:
        self.build = build
        self._context = context
        self._output = build_output.Output(_file(context, app, build.id))
        self.write = self._output.write

    def built(self, slug: Slug) -> None:
        self._keep(replace(self.build, slug_id=slug.id, buildpacks=slug.buildpacks))

    def released(self, release: Release) -> None:
        self._keep(replace(self.build, release=release.version))

    def end(self, status: BuildStatus) -> None:
        self._output.close()
        self._keep(replace(self.build, status=status))

    def _keep(self, build: Build) -> None:
        self.build = replace(build, updated_at=self._context.clock.now())
        self._context.store.builds.update(self.build)


@contextmanager
def recorded(context: Context, app: App, stack: str, source_version: str | None) -> Iterator[Recording]:
    """Remember the build in the block. Call with the app's build lock held.

    It succeeded once there is a release of it, whatever becomes of that.
    """
    _settle(context, app)
    now = context.clock.now()
    fresh = Build(str(uuid.uuid4()), app.id, BuildStatus.PENDING, source_version, stack, (), None, None, now, now)
    context.store.builds.add(fresh)
    recording = Recording(context, app, fresh)
    try:
        yield recording
    except BaseException as error:
        if isinstance(error, LocalkuError) and not isinstance(error, BuildFailed):
            recording.write(f" !     {error.message}")
        with suppress(LocalkuError):  # a store that cannot be written is not why the build failed
            recording.end(_ended(recording.build))
        raise
    recording.end(BuildStatus.SUCCEEDED)
    _forget_old(context, app)


def listed(context: Context, app: App) -> tuple[Build, ...]:
    """Return the app's builds, newest first."""
    if locks.holder(lock(context, app)) is None:
        _settle(context, app)
    return context.store.builds.of(app)


def find(context: Context, app: App, ident: str | None) -> Build:
    """Return the build of this id or start of one, the newest where none is named."""
    found = [build for build in listed(context, app) if ident is None or build.id.startswith(ident.lower())]
    if not found and ident is None:
        raise _unknown(f"No builds found for {app.name}.", f"`{CLIENT} build` or `{CLIENT} up` creates one.")
    if not found:
        raise _unknown(f"No builds found for {ident}.", f"`{CLIENT} builds -a {app.name}` lists them.")
    if ident is not None and len(found) > 1:
        raise _unknown(f"{len(found)} builds start with {ident}.", "Give more of the id.")
    return found[0]


def output(context: Context, app: App, build: Build) -> Iterator[bytes]:
    """Yield what it printed, in pieces, and what it prints while it goes on."""

    def is_running() -> bool:
        return any(one.id == build.id and one.status is BuildStatus.PENDING for one in listed(context, app))

    file = _file(context, app, build.id)
    return build_output.pieces(file, context.clock, is_running) if file.is_file() else iter(())


def lock(context: Context, app: App) -> Path:
    """Whoever builds the app holds it."""
    return context.store.folder(app) / "build.lock"


def _settle(context: Context, app: App) -> None:
    """End the builds whose localku was killed; call while nobody builds."""
    for build in context.store.builds.of(app):
        if build.status is BuildStatus.PENDING:
            context.store.builds.update(replace(build, status=_ended(build), updated_at=context.clock.now()))


def _ended(build: Build) -> BuildStatus:
    return BuildStatus.FAILED if build.release is None else BuildStatus.SUCCEEDED


def _forget_old(context: Context, app: App) -> None:
    for build in context.store.builds.of(app)[KEPT:]:
        _file(context, app, build.id).unlink(missing_ok=True)
        context.store.builds.remove(build)


def _file(context: Context, app: App, ident: str) -> Path:
    return context.store.folder(app) / "builds" / f"{ident}.log"


def _unknown(message: str, hint: str) -> LocalkuError:
    return LocalkuError(message, hint, kind=Kind.NOT_FOUND, resource="build")
