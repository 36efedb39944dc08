"""The verbs on builds: what was built, how it ended, and what it printed."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.errors import CLIENT, Invalid, Kind, LocalkuError
from localku.platform.deploying import build_output, failed_build
from localku.records import AUTO_STACK, App, Build, BuildStatus, Failure, Release, Slug
from localku.slugs.build_errors import BuildFailed

KEPT = 50
"""Builds of an app that are remembered (own)."""

CI = "CI"
"""The environment variable that services for continuous integration set (GitHub, GitLab, CircleCI, Heroku CI)."""

RECENT = 1800.0
"""Seconds after a build in which another is likely (own)."""

EXPLAINED = 400
"""Lines of the end of a failed build's output that the doctor reads."""


class Recording:
    """A build that goes on: `write` gets its output, line by line."""

    def __init__(self, context: Context, app: App, build: Build) -> None:
        self.build = build
        self._context = context
        self._output = build_output.Output(_file(context, app, build.id))
        self.write = self._output.write

    def on(self, stack: str) -> None:
        self._keep(replace(self.build, stack=stack))

    def built(self, slug: Slug) -> None:
        self._keep(replace(self.build, slug_id=slug.id, buildpacks=slug.buildpacks))

    def released(self, release: Release) -> None:
        self._keep(replace(self.build, release=release.version))

    def end(self, status: BuildStatus, failure: Failure | None = None) -> None:
        self._output.close()
        self._keep(replace(self.build, status=status, failure=failure if status is BuildStatus.FAILED else None))

    def _keep(self, build: Build) -> None:
        self.build = replace(build, updated_at=self._context.clock.now())
        self._context.store.builds.update(self.build)


@contextmanager
def recorded(context: Context, app: App, stack: str, source_version: str | None) -> Iterator[Recording]:
    """Remember the build in the block. Call with the app's build lock held.

    It succeeded once there is a release of it, whatever becomes of that.
    """
    settle(context, app)
    with _ended_after(context, app, _begun(context, app, stack, source_version)) as recording:
        yield recording


@contextmanager
def queued(context: Context, app: App, source_version: str | None) -> Iterator[Recording]:
    """Remember the client's build in the block, which has its turn and its source still before it, and may be canceled.

    It ends as with `recorded`.
    """
    fresh = _pending(context, app, app.stack or AUTO_STACK, source_version)
    mine = clients_lock(context, app, fresh.id)
    mine.parent.mkdir(mode=0o700, exist_ok=True)
    with locks.held(mine, "Another process runs this build."):
        context.store.builds.add(fresh)
        with _ended_after(context, app, Recording(context, app, fresh)) as recording:
            yield recording


def is_behind_others(context: Context, app: App, build: Build) -> bool:
    """Whether clients asked for others before it that have not ended."""
    asked = context.store.builds.of(app)
    before = asked[[one.id for one in asked].index(build.id) + 1 :]
    return any(one.status is BuildStatus.PENDING and _has_process(context, app, one) for one in before)


def refuse(context: Context, app: App, said: Iterable[str], error: LocalkuError) -> None:
    """Remember a build that could not begin, with what was said until then, where what should be built is to blame."""
    if failed_build.why(error) is None:
        return
    with suppress(LocalkuError):  # a store that cannot be written has its own error
        recording = _begun(context, app, app.stack or AUTO_STACK, None)
        for line in said:
            recording.write(line)
        _failed(recording, error)
        _forget_old(context, app)


def settle_failures(context: Context, app: App) -> None:
    """What should be built is again what is in force: why the builds before failed counts no more."""
    with suppress(LocalkuError):
        context.store.builds.forget_failures(app)


def newest_failure(context: Context, app: App) -> tuple[tuple[str, ...], tuple[str, str] | None]:
    """Return the end of the newest build's output if it failed, and why where localku said so itself.

    It counts until a slug is made, or a build has nothing to do.
    """
    told = (one for one in context.store.builds.of(app) if one.failure or one.status is BuildStatus.SUCCEEDED)
    newest = next(told, None)
    if newest is None or newest.failure is None:
        return (), None
    said = newest.failure
    output = build_output.end(_file(context, app, newest.id), EXPLAINED)
    return output, (said.message, said.hint) if said.message else None


def listed(context: Context, app: App) -> tuple[Build, ...]:
    """Return the app's builds, newest first."""
    if locks.holder(lock(context, app)) is None:
        settle(context, app)
    return context.store.builds.of(app)


def is_followed(context: Context, app: App) -> bool:
    """Whether another build of the app will probably come soon.

    A job of continuous integration builds it once, unless it has done so a short while ago.
    """
    return not os.environ.get(CI) or _is_recent(context, app)


def _is_recent(context: Context, app: App) -> bool:
    since = context.clock.now() - timedelta(seconds=RECENT)
    ended = (build for build in context.store.builds.of(app)[:2] if build.status is not BuildStatus.PENDING)
    return any(build.updated_at > since for build in ended)


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


def cancel(context: Context, app: App, build: Build) -> None:
    """Have a build end that the server runs for a client. Raises LocalkuError for any other.

    What a command builds in a terminal is ended there.
    """
    if build.status is not BuildStatus.PENDING:
        raise Invalid(f"Build {build.id} has ended already: it {build.status}.", resource="build")
    process = locks.holder(clients_lock(context, app, build.id))
    if not process:
        raise LocalkuError(
            f"Build {build.id} runs in a terminal.", "End it there: Ctrl-C.", kind=Kind.CONFLICT, resource="build"
        )
    os.kill(process, signal.SIGTERM)


def clients_lock(context: Context, app: App, ident: str) -> Path:
    """Held by the process that runs a build for a client."""
    return _file(context, app, ident).with_suffix(".lock")


def lock(context: Context, app: App) -> Path:
    """Whoever builds the app holds it."""
    return context.store.folder(app) / "build.lock"


def settle(context: Context, app: App) -> None:
    """End the builds whose localku was killed; call while nobody builds, or who does has not begun one."""
    for build in context.store.builds.of(app):
        if build.status is BuildStatus.PENDING and not _has_process(context, app, build):
            context.store.builds.update(replace(build, status=_ended(build), updated_at=context.clock.now()))


def _has_process(context: Context, app: App, build: Build) -> bool:
    return locks.holder(clients_lock(context, app, build.id)) is not None


def _begun(context: Context, app: App, stack: str, source_version: str | None) -> Recording:
    fresh = _pending(context, app, stack, source_version)
    context.store.builds.add(fresh)
    return Recording(context, app, fresh)


def _pending(context: Context, app: App, stack: str, source_version: str | None) -> Build:
    now = context.clock.now()
    return Build(str(uuid.uuid4()), app.id, BuildStatus.PENDING, source_version, stack, (), None, None, now, now)


@contextmanager
def _ended_after(context: Context, app: App, recording: Recording) -> Iterator[Recording]:
    try:
        yield recording
    except BaseException as error:
        _failed(recording, error)
        raise
    recording.end(BuildStatus.SUCCEEDED)
    _forget_old(context, app)


def _failed(recording: Recording, error: BaseException) -> None:
    if isinstance(error, LocalkuError) and not isinstance(error, BuildFailed):
        recording.write(f" !     {error.message}")
    elif isinstance(error, SystemExit | KeyboardInterrupt):
        recording.write(" !     Build canceled")
    with suppress(LocalkuError):  # a store that cannot be written is not why the build failed
        recording.end(_ended(recording.build), failed_build.why(error))


def _ended(build: Build) -> BuildStatus:
    return BuildStatus.FAILED if build.release is None else BuildStatus.SUCCEEDED


def _forget_old(context: Context, app: App) -> None:
    for build in context.store.builds.of(app)[KEPT:]:
        if build.status is BuildStatus.PENDING:
            continue
        _file(context, app, build.id).unlink(missing_ok=True)
        clients_lock(context, app, build.id).unlink(missing_ok=True)
        context.store.builds.remove(build)


def _file(context: Context, app: App, ident: str) -> Path:
    return context.store.folder(app) / "builds" / f"{ident}.log"


def _unknown(message: str, hint: str) -> LocalkuError:
    return LocalkuError(message, hint, kind=Kind.NOT_FOUND, resource="build")
