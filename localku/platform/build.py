"""The verb `build`: source to slug to release, unless nothing changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.dyno import dyno_sizes
from localku.engine import labels
from localku.errors import Kind, LocalkuError
from localku.platform import failed_build, first_database, formation, housekeeping, postdeploy, running
from localku.platform.release import release
from localku.project import app_json, bower, buildpacks_file, procfile
from localku.project.git import checkout, submodules
from localku.project.sources import source, source_tar, unsent
from localku.slugs import (
    chain,
    host_settings,
    layers,
    stack,
    transcript,
    users,
)
from localku.slugs.builder import Builder, KnownLayer, new_build_id
from localku.slugs.container import Job
from localku.slugs.values import Built, Plan
from localku.slugs.values import Slug as BuiltSlug
from localku.store.records import App, Layer, Release, ScheduledCommand, Slug

Say = Callable[[str], None]
Progress = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Options:
    """`offline`: no network at all. `force`: build even when nothing changed. `clear_cache`: from nothing.

    `head`: the last commit, as `git push heroku` sends it, in place of the folder as it is.
    """

    offline: bool = False
    force: bool = False
    clear_cache: bool = False
    head: bool = False


@dataclass(frozen=True)
class Outcome:
    """`built` is False when nothing had changed and `release` is the one there was."""

    release: Release
    slug: Slug
    built: bool


def build(context: Context, app: App, say: Say, progress: Progress, options: Options) -> Outcome:
    """Build the app's folder and release the slug. Raise BuildFailed or ReleaseFailed."""
    if app.root is None or not app.root.is_dir():
        raise LocalkuError(
            f"The folder of {app.name} is gone: {app.root}.",
            "Move it back, or make a new app.",
            kind=Kind.NOT_FOUND,
            resource="app",
        )
    with failed_build.remembered(context, app, say) as heard:
        outcome = _collect_and_build(context, app, app.root, heard, progress, options)
    if not outcome.built:
        failed_build.keep(context, app, ())
    return outcome


def _collect_and_build(
    context: Context, app: App, root: Path, say: Say, progress: Progress, options: Options
) -> Outcome:
    if options.head:
        with tempfile.TemporaryDirectory(prefix="localku-head-") as folder:
            head = checkout.check_out(root, Path(folder))
            collected = source.collect(Path(folder), exact=True, progress=progress)
            files = replace(collected, commit=head.commit, submodules=head.submodules)
            return _build_files(context, replace(app, root=Path(folder)), files, say, progress, options)
    return _build_files(context, app, source.collect(root, progress=progress), say, progress, options)


def _build_files(
    context: Context, app: App, files: source.Source, say: Say, progress: Progress, options: Options
) -> Outcome:
    root = files.root
    procfile.read(root)  # a line nobody can read is said now, not after minutes of building
    app_json.read(root)
    plan = plan_for(context, app)
    fingerprint = _fingerprint(files.fingerprint, plan, app)
    unchanged = _unchanged(context, app, fingerprint)
    if unchanged is not None and not options.force:
        return unchanged
    lock = context.store.folder(app.name) / "build.lock"
    with locks.held(lock, f"Another build of {app.name} is running.", "Wait for it to finish."):
        if options.clear_cache:
            context.engine.volumes.remove(volume(context, app))
        return _Build(context, app, say, progress, options).run(files, plan)


def plan_for(context: Context, app: App) -> Plan:
    """Decide the chain: `localku buildpacks`, then app.json, then `.buildpacks`, then detection."""
    root = app.root
    if root is None:
        raise LocalkuError(f"{app.name} has no folder.", kind=Kind.NOT_FOUND, resource="app")

    def listed_in_app_json() -> tuple[str, ...]:
        found = app_json.read(root)
        return found.buildpacks if found else ()

    return chain.plan(
        (
            (chain.BY_USER, lambda: context.store.apps.buildpacks(app)),
            ("app.json", listed_in_app_json),
            (".buildpacks", lambda: buildpacks_file.read(root) or ()),
        )
    )


def volume(context: Context, app: App) -> str:
    """Name the volume with the app's build folder and buildpack caches."""
    return f"localku-{context.home_id}-{app.name}-build"


def repositories(context: Context, app: App) -> tuple[str, str]:
    """Name the app's images: `localku/APP`, and the name for when another state folder has taken that."""
    return f"localku/{app.name}", f"localku/{app.name}-{context.home_id[:6]}"


def repository(context: Context, app: App) -> str:
    """Choose between the two by whose the newest image of the first name is."""
    plain, own = repositories(context, app)
    taken = context.engine.images.find(f"{plain}:latest")
    if taken is None or taken.labels.get(labels.HOME, context.home_id) == context.home_id:
        return plain
    return own


def _fingerprint(files: str, plan: Plan, app: App) -> str:
    text = "\0".join([files, chain.key(plan), app.stack or "auto"])
    return hashlib.sha256(text.encode()).hexdigest()


def _unchanged(context: Context, app: App, fingerprint: str) -> Outcome | None:
    current = context.store.releases.current(app)
    if current is None or current.slug_id is None:
        return None
    slug = context.store.releases.slug(current.slug_id)
    if slug.fingerprint != fingerprint or not context.engine.has_image(slug.image):
        return None
    return Outcome(current, slug, built=False)


class _Build:
    def __init__(self, context: Context, app: App, say: Say, progress: Progress, options: Options) -> None:
        self._context = context
        self._app = app
        self._say = say
        self._progress = progress
        self._options = options

    def run(self, files: source.Source, plan: Plan) -> Outcome:
        context, app = self._context, self._app
        first = context.store.releases.current_slug(app) is None
        housekeeping.remove_builds(context, app)
        chosen = stack.choose(context.engine, app.stack)
        images = stack.ensure(context.engine, chosen.name, self._progress)
        job = self._job(files, plan, images)
        self._event("Build started by user localku")
        if self._options.head:
            transcript.submodules(self._say, submodules.fetched(files.submodules))
        transcript.stack(self._say, images.name)
        said = submodules.notes(files.submodules) if self._options.head else unsent.sentences(files)
        for sentence in said:
            transcript.warning(self._say, sentence)
        self._announce(plan)
        try:
            built, sent = self._build(job, files, images)
        except LocalkuError:
            self._event("Build failed -- check your build output")
            raise
        slug = self._keep(built, _fingerprint(sent.fingerprint, plan, app), images, sent)
        outcome = self._release(slug, first=first)
        housekeeping.prune_aside(context, app)
        return outcome

    def _job(self, files: source.Source, plan: Plan, images: stack.Stack) -> Job:
        context, app, offline = self._context, self._app, self._options.offline
        certificates = host_settings.certificates()
        gateway_network = None if offline else context.network
        if gateway_network:
            context.engine.networks.ensure(context.network, {"org.localku.home": context.home_id})
        return Job(
            build_id=new_build_id(),
            image=images.build_image,
            stack=images.name,
            volume=volume(context, app),
            chain=chain.resolve(plan, self._root, offline=offline),
            config=context.store.apps.config(app),
            who=users.identity(app.uid),
            layer_paths=self._layer_paths(files),
            commit=files.commit,
            offline=offline,
            labels=context.labels(app),
            network=gateway_network,
            host=host_settings.variables(os.environ, bundle=certificates is not None, offline=offline),
            certificates=certificates,
        )

    @property
    def _root(self) -> Path:
        if self._app.root is None:
            raise LocalkuError(f"{self._app.name} has no folder.", kind=Kind.NOT_FOUND, resource="app")
        return self._app.root

    def _layer_paths(self, files: source.Source) -> tuple[str, ...]:
        components = bower.read(self._root)
        return layers.paths(components.directory if components else None, (file.path for file in files.files))

    def _announce(self, plan: Plan) -> None:
        if plan.auto:
            transcript.step(self._say, "Determining which buildpack to use for this app")
        else:
            transcript.buildpacks(self._say, plan.references)

    def _build(self, job: Job, files: source.Source, images: stack.Stack) -> tuple[Built, source.Source]:
        """Build; return also the source as it was sent, for files may have changed since they were collected."""
        known = {
            layer.fingerprint: KnownLayer(layer.image, layer.size)
            for layer in self._context.store.releases.layers(self._app)
        }
        builder = Builder(self._context.engine, self._context.clock, self._say, known)
        with tempfile.TemporaryFile() as archive:
            who, now = job.who, int(self._context.clock.now().timestamp())
            sent = source_tar.tar(
                files,
                archive,
                prefix=job.build_dir,
                uid=who.uid,
                gid=who.gid,
                mtime=now,
                progress=self._progress,
            )
            archive.seek(0)
            place = repository(self._context, self._app)
            return builder.build(job, archive, images.run_image, place, self._tag), sent

    def _tag(self, slug: BuiltSlug) -> str:
        """Provision what the slug asks for, then name the version its release will have."""
        first_database.provision(self._context, self._app, self._root, slug.addons, self._say, self._progress)
        newest = self._context.store.releases.all(self._app)[0].version
        return f"v{newest + 1}"

    def _keep(self, built: Built, fingerprint: str, images: stack.Stack, files: source.Source) -> Slug:
        context, app = self._context, self._app
        now = context.clock.now()
        context.store.releases.add_layer(Layer(app.id, built.layer, built.layer_image, built.layer_size), now)
        name, _, _ = built.image.partition(":")
        context.engine.images.tag(built.image, name, "latest")
        return context.store.releases.add_slug(
            Slug(
                id=0,
                app_id=app.id,
                fingerprint=fingerprint,
                image=built.image,
                layer=built.layer,
                process_types=built.process_types,
                buildpacks=built.buildpacks,
                stack=images.name,
                size=built.size,
                commit=files.commit,
                created_at=now,
                cron=self._cron(),
            )
        )

    def _cron(self) -> tuple[ScheduledCommand, ...]:
        found = app_json.read(self._root)
        return tuple(ScheduledCommand(entry.command, entry.schedule) for entry in found.cron) if found else ()

    def _release(self, slug: Slug, *, first: bool) -> Outcome:
        context, app = self._context, self._app
        transcript.step(self._say, "Launching...")
        if "release" in slug.process_types:
            transcript.warning(
                self._say,
                "Release command declared: this new release will not be available until the command succeeds.",
            )
        version = context.store.releases.all(app)[0].version + 1
        transcript.detail(self._say, f"Released v{version}")
        transcript.detail(self._say, f"{running.url(context, app) or app.name} deployed to localku")
        description = f"Deploy {(slug.commit or slug.fingerprint)[:8]}"
        try:
            made = release(context, app, slug, description, self._say)
            if first:
                self._tell_formation(slug)
        finally:
            self._event("Build succeeded")  # it did, whatever the release phase says
        postdeploy.run(context, app, made, slug, self._say)
        return Outcome(made, slug, built=True)

    def _event(self, text: str) -> None:
        """Log an event of the build; Heroku's have whole seconds (reference/heroku-runtime.md §5)."""
        moment = self._context.clock.now().replace(microsecond=0)
        self._context.log(self._app).write("app", "api", text, moment)

    def _tell_formation(self, slug: Slug) -> None:
        entries = sorted(formation.wanted(self._context, self._app, slug.process_types), key=lambda entry: entry.type)
        shown = " ".join(f"{entry.type}@{entry.quantity}:{dyno_sizes.shown(entry.size)}" for entry in entries)
        if shown:
            self._context.log(self._app).write("app", "api", f"Scaled to {shown} by user localku")
