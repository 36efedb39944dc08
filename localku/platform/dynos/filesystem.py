"""The ephemeral filesystem of running dynos: what they wrote."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from localku.context import Context
from localku.engine.engine_errors import NotFound
from localku.ephemeral import compare, slug_files, walk
from localku.ephemeral.change import Trace
from localku.ephemeral.compare import Origin, Slug
from localku.ephemeral.report import Report, build
from localku.ephemeral.walk import Walk
from localku.errors import Kind, LocalkuError
from localku.records import App, DynoRecord
from localku.states import DynoState
from localku.telling import Say

TRACES, FAREWELL = "traces", "farewell"
"""Kinds of observations at a dyno's end: what its boot had changed, and all it had in a sentence."""


WORKER_BOOT = 10.0
"""Seconds after its start in which a dyno that has no port is taken to boot."""


@dataclass(frozen=True)
class Look:
    """What a dyno wrote, and what can tell of each path whether it comes back."""

    report: Report
    traces: Mapping[str, Trace]


class Files:
    """Looks at the files of an app's dynos. Each slug is read once."""

    def __init__(self, context: Context, app: App) -> None:
        self._context = context
        self._app = app
        self._slugs: dict[str, Slug] = {}
        self._reading = threading.Lock()

    def look(self, record: DynoRecord, ignore: Iterable[str] = ()) -> Look:
        """Look through a running dyno; one that ended meanwhile has nothing to lose any more."""
        container = record.container or ""
        try:
            with ThreadPoolExecutor(1) as beside:
                slug = beside.submit(self._slug, record)
                seen = walked(self._context.engine.containers.exec_apart(container, walk.WALK))
                unread = compare.unsettled(seen, slug.result(), self._origin(record))
                read = digests(self._context, container, unread)
        except NotFound:
            return Look(build(record.name, (), ignore), {})
        return self._judge(record, seen, slug.result(), read, ignore)

    def judged(self, record: DynoRecord, seen: Walk) -> Look:
        """Judge what a walk has seen of a dyno that may be gone meanwhile."""
        if not compare.touched(seen):
            return Look(build(record.name, (), complete=seen.complete), {})
        return self._judge(record, seen, self._slug(record), {}, ())

    def _judge(
        self, record: DynoRecord, seen: Walk, slug: Slug, read: Mapping[str, str], ignore: Iterable[str]
    ) -> Look:
        """Compare what was seen with the slug; `read` are digests of what the walk did not read."""
        found = tuple(compare.changes(seen, slug, self._origin(record), read))
        traces = {change.path: change.trace for change in found if change.trace and change.trace.digest}
        return Look(build(record.name, found, ignore, complete=seen.complete), traces)

    def _slug(self, record: DynoRecord) -> Slug:
        """What the dyno's release has in /app."""
        releases = self._context.store.releases
        made = releases.version(self._app, record.release).slug_id
        if made is None:
            return {}
        image = releases.slug(made).image
        with self._reading:
            if image not in self._slugs:
                self._slugs = {image: slug_files.listed(self._context, self._app, image)}
            return self._slugs[image]

    def _origin(self, record: DynoRecord) -> Origin:
        before = {
            path: Trace(digest, by_boot)
            for seen in self._context.store.observations.of(self._app)
            if (seen.kind, seen.dyno) == (TRACES, record.name)
            for path, digest, by_boot in seen.data
        }
        web = record.type == "web"
        if record.state is not DynoState.UP:
            return Origin(math.inf if web else 0.0, web, before)
        return Origin(record.since.timestamp() + (0.0 if web else WORKER_BOOT), web, before)


def walked(output: Iterable[tuple[str, bytes]]) -> Walk:
    """Read to its end what `walk.WALK` prints."""
    parts: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
    for stream, piece in output:
        parts[stream].append(piece)
    return walk.read(b"".join(parts["stdout"]), b"".join(parts["stderr"]))


def running(context: Context, app: App, dyno: str | None = None) -> tuple[DynoRecord, ...]:
    """Return the dynos that have a container now, or the one that is asked for."""
    found = tuple(record for record in context.store.dynos.of(app.id) if record.container)
    if dyno is None:
        return found
    chosen = tuple(record for record in found if dyno in {record.name, record.type})
    if not chosen:
        known = ", ".join(record.name for record in found) or "none"
        raise LocalkuError(
            f"There is no running dyno {dyno}.", f"Running: {known}.", kind=Kind.NOT_FOUND, resource="dyno"
        )
    return chosen


def farewells(context: Context, app: App, since: datetime) -> tuple[tuple[str, str], ...]:
    """Dynos that were told to stop since then, each with a sentence about what it had written."""
    seen = (one for one in context.store.observations.of(app) if one.kind == FAREWELL and one.at >= since)
    return tuple((one.dyno, str(one.data)) for one in seen)


def tell_farewells(context: Context, app: App, since: datetime, is_over: Callable[[], bool], tell: Say) -> None:
    """Tell each farewell once, as it comes, until `is_over`, which may wait a moment."""
    told: set[str] = set()
    still = True
    while still:
        still = not is_over()
        for dyno, words in farewells(context, app, since):
            if dyno not in told:
                told.add(dyno)
                tell(words)


def digests(context: Context, container: str, paths: Iterable[str]) -> Mapping[str, str]:
    """Read these files in a running dyno; what is not there, or is no file, is left out."""
    asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
    if not asked:
        return {}
    done = context.engine.containers.exec_with_input(container, walk.DIGESTS, asked)
    return walk.digests(done.output)
