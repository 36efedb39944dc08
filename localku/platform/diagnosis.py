"""Collects the evidence about an app from its folder, its state and its log. Changes nothing.

For the server, which reads no app's folder, `gather_running` takes what a deploy has seen of the source in its place.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from localku.clock import elapsed
from localku.context import Context
from localku.doctor.belonging import of_release
from localku.doctor.causes import diagnose, unexplained
from localku.doctor.evidence import Evidence, Listened, Written
from localku.doctor.finding import Finding
from localku.doctor.sockets import Listening, look
from localku.doctor.source_seen import UNSEEN, SourceSeen
from localku.doctor.tree import Tree
from localku.dyno import dyno_sizes
from localku.dyno.dyno_order import PHASE
from localku.errors import LocalkuError
from localku.logs.line import LogLine
from localku.logs.segments import HISTORY_LINES
from localku.platform import folder_tree
from localku.platform.addons.database_log import errors, overheard
from localku.platform.deploying import builds, kept_sources
from localku.platform.dynos import filesystem, formation
from localku.project import app_json, buildpacks_file, dependencies, env_file
from localku.records import App, DynoRecord, Release, Slug
from localku.states import DynoState, ReleaseStatus

RECOVERED = 60.0
"""Seconds of platform time after which a dyno that crashed has recovered."""

BOOTING = 30.0
"""Seconds of platform time in which a dyno may listen nowhere yet: half of what it has (R10)."""


def gather(context: Context, app: App, *, live: bool = True) -> Evidence:
    """Look at everything; with `live`, into the running dynos too. What cannot be seen is left out."""
    output, refusal = builds.newest_failure(context, app)
    seen = _gather(context, app, _folder(context, app), live=live)
    return replace(seen, transcript=output, refusal=refusal)


def gather_running(context: Context, app: App) -> tuple[Evidence, ...]:
    """Look at what runs, and no file of the app's folder; at a newer release's phase with the source of that one.

    What is known of a source is what its deploy has kept. Builds that failed are not looked at: nothing runs of them.
    """
    slug, newest = context.store.releases.current_slug(app), _newest_release(context, app)
    seen = _gather(context, app, kept_sources.find(context, app, slug), live=False)
    made = _slug_of(context, newest)
    if newest is None or made is None or (slug is not None and made.id == slug.id):
        return (seen,)
    phase = tuple(line for line in seen.log if _is_of_phase(line, newest))
    source = kept_sources.find(context, app, made)
    return (
        replace(seen, log=tuple(line for line in seen.log if not _is_of_phase(line, newest))),
        replace(
            _of_phase(seen, phase),
            tree=source.tree,
            buildpacks=context.store.apps.buildpacks(app) or source.buildpacks,
            env_file=source.env_file,
            types={**seen.types, **made.process_types},
            has_slug=True,
            slug_size=made.size,
            crashing=frozenset(),
        ),
    )


def _gather(context: Context, app: App, source: SourceSeen, *, live: bool) -> Evidence:
    release = context.store.releases.current(app)
    slug = context.store.releases.current_slug(app)
    types = dict(slug.process_types) if slug else {}
    phase = _newest_types(context, app).get(PHASE)
    entries = formation.desired(context, app, types)
    version = release.version if release else 0
    return Evidence(
        app=app.name,
        tree=source.tree,
        types={**types, PHASE: phase} if phase else types,
        has_slug=slug is not None,
        slug_size=slug.size if slug else 0,
        quantities={entry.type: entry.quantity for entry in entries},
        sizes={entry.type: (entry.size, dyno_sizes.named(entry.size).memory) for entry in entries},
        config=frozenset(context.store.apps.config(app)),
        has_database=bool(context.store.addons.attached(app)),
        buildpacks=context.store.apps.buildpacks(app) or source.buildpacks,
        log=_log(context, app),
        failed_release=_failed_release(context, app),
        crashing=frozenset(_crashing(context, app, version)),
        newer=source.newer,
        listened=tuple(_listened(context, app, version, live=live)),
        written=tuple(_written(context, app, version, live=live)),
        env_file=source.env_file,
        utc_offset=time.localtime().tm_gmtoff // 60,
    )


def gather_build(context: Context, app: App) -> Evidence:
    """Look at what a build or a release phase that has just failed left behind, and not at the dynos that run."""
    seen = gather(context, app, live=False)
    phases = [line.proc for line in seen.log if line.proc.startswith("release.")]
    newest = () if seen.transcript else tuple(line for line in seen.log if phases and line.proc == phases[-1])
    return replace(_of_phase(seen, newest), types={**seen.types, **_newest_types(context, app)})


def _of_phase(seen: Evidence, phase: tuple[LogLine, ...]) -> Evidence:
    return replace(seen, log=phase, listened=(), written=())


def _is_of_phase(line: LogLine, release: Release) -> bool:
    return line.proc.startswith("release.") and line.time >= release.created_at


def _folder(context: Context, app: App) -> SourceSeen:
    """The app's folder as it is now."""
    if app.root is None:
        return UNSEEN
    newer = frozenset(_newer(app.root, context.store.releases.current_slug(app)))
    seen = folder_tree.read(app.root) if app.root.is_dir() else Tree()
    return SourceSeen(seen, _buildpacks(app.root), _env_names(app.root), newer)


def gather_folder(root: Path) -> Evidence:
    """Look at a folder that is no app yet."""
    seen = folder_tree.read(root) if root.is_dir() else Tree()
    return Evidence(app=root.name, tree=seen, types={"web": "npm start"} if "package.json" in seen.files else {})


def _newest_types(context: Context, app: App) -> Mapping[str, str]:
    """Process types of the newest release's slug, whether it succeeded or not."""
    made = _slug_of(context, _newest_release(context, app))
    return made.process_types if made else {}


def _slug_of(context: Context, release: Release | None) -> Slug | None:
    with suppress(LookupError):  # old slugs are taken away
        return context.store.releases.slug(release.slug_id) if release and release.slug_id else None
    return None


def _failed_release(context: Context, app: App) -> str:
    newest = _newest_release(context, app)
    return f"v{newest.version}" if newest is not None and newest.status is ReleaseStatus.FAILED else ""


def _newest_release(context: Context, app: App) -> Release | None:
    """None of an app that is just being made, or destroyed."""
    return next(iter(context.store.releases.all(app)), None)


def _crashing(context: Context, app: App, version: int) -> Iterator[str]:
    """Yield the dynos of the release that crashed and have not stayed up since."""
    for dyno in context.store.dynos.of(app.id):
        shaky = dyno.state is not DynoState.UP or elapsed(context.clock, dyno.since) < RECOVERED
        if dyno.release == version and (dyno.state is DynoState.CRASHED or (dyno.crashes and shaky)):
            yield dyno.name


def _buildpacks(root: Path) -> tuple[str, ...]:
    """Return the buildpacks that the app's files ask for; none where they are left to detection."""
    with suppress(LocalkuError):
        listed = app_json.read(root)
        return (listed.buildpacks if listed else ()) or buildpacks_file.read(root) or ()
    return ()


def _newer(root: Path, slug: Slug | None) -> Iterator[str]:
    """Yield the dependency files that changed after the slug was made."""
    for name in dependencies.find(root) if slug else ():
        with suppress(OSError):
            if slug and (root / name).stat().st_mtime > slug.created_at.timestamp():
                yield name


def _log(context: Context, app: App) -> tuple[LogLine, ...]:
    """The log since the current release: what was before it has been deployed away."""
    release, scale = context.store.releases.current(app), context.clock.scale
    lines = of_release(tuple(context.log(app).history(HISTORY_LINES)), release, scale)
    if release is None or not any(" status=500 " in line.message for line in lines):
        return lines
    return (*lines, *overheard(lines, errors(context, app, release.created_at), scale))


def _listened(context: Context, app: App, version: int, *, live: bool) -> Iterator[Listened]:
    """What listens in web dynos that are starting, and what did in those the boot timeout killed."""
    starting = {
        dyno.name: dyno
        for dyno in context.store.dynos.of(app.id)
        if dyno.type == "web" and dyno.state is DynoState.STARTING
    }
    for dyno in starting.values() if live else ():
        with suppress(LocalkuError):
            found = look(context.engine.containers, dyno.container or "")
            told = any(one.port == dyno.port or not one.is_loopback for one in found)
            if dyno.port is not None and (told or elapsed(context.clock, dyno.since) > BOOTING):
                yield Listened(dyno.name, dyno.port, found)
    up = {dyno.name for dyno in context.store.dynos.of(app.id) if dyno.state is DynoState.UP}
    for seen in context.store.observations.of(app):
        if seen.kind == "sockets" and seen.release == version and seen.dyno not in up:
            sockets = tuple(Listening(**one) for one in seen.data["listening"])
            yield Listened(seen.dyno, seen.data["port"], sockets)


def _written(context: Context, app: App, version: int, *, live: bool) -> Iterator[Written]:
    """What dynos wrote that a restart takes: of those that run, and of the last that ended."""
    files = filesystem.Files(context, app)
    for dyno in context.store.dynos.of(app.id) if live else ():
        yield from _live_files(files, dyno)
    for seen in context.store.observations.of(app):
        if seen.kind == "files" and seen.release == version:
            yield from (Written(seen.dyno, path, kind, gone=True) for path, _, kind in seen.data)


def _live_files(files: filesystem.Files, dyno: DynoRecord) -> Iterator[Written]:
    if dyno.container is None:
        return
    with suppress(LocalkuError):
        for entry in files.look(dyno).report.missed:
            yield Written(dyno.name, entry.path, entry.kind.value, gone=False)


def _env_names(root: Path) -> frozenset[str]:
    with suppress(LocalkuError):
        found = env_file.read(root)
        return frozenset(found.values if found else ())
    return frozenset()


def examine(context: Context, app: App, *, live: bool) -> tuple[Finding, ...]:
    """Return what makes the app fail here or will on Heroku, most likely first; `live` asks the engine too."""
    evidence = gather(context, app, live=live)
    found = diagnose(evidence)
    return (*unexplained(evidence, found), *found)


def examine_folder(folder: Path) -> tuple[Finding, ...]:
    """What the files of a folder tell that is no app yet, as after a first build that could not even begin."""
    return diagnose(gather_folder(folder))
