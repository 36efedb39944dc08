"""What a deploy does with a source that may have changed: it finds that it has not, or builds and releases it.

Apart from `deploy.py`, for a deploy that only takes the newest release as it is needs nothing of this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

from localku import locks
from localku.context import Context
from localku.dyno import dyno_sizes
from localku.dyno.dyno_order import PHASE
from localku.errors import Kind, LocalkuError
from localku.platform import housekeeping
from localku.platform.deploying import (
    build,
    build_cache,
    builds,
    database_ahead,
    deploy_source,
    first_database,
    kept_sources,
    postdeploy,
)
from localku.platform.deploying.deploy_events import Begun, Progress, Released
from localku.platform.deploying.deploy_values import Deployed, Options
from localku.platform.deploying.told import Told
from localku.platform.dynos import formation, running
from localku.platform.releasing import release
from localku.platform.releasing.release_phase import RELEASE_PHASE
from localku.project.git import submodules
from localku.project.sources.app_source import Source
from localku.records import App, Release, Slug
from localku.slugs import stack, transcript
from localku.slugs.values import Plan

SEEN = "seen-files.json"
"""The file's name in the app's folder that says what a large app's files held."""


class Making:
    def __init__(
        self,
        context: Context,
        app: App,
        tree: deploy_source.Tree,
        options: Options,
        events: Told,
        before_databases: Callable[[], None],
    ) -> None:
        """`before_databases` is called before any may be started."""
        self._context = context
        self._app = app
        self._tree = tree
        self._project = tree.project
        self._options = options
        self._events = events
        self._say = events.say
        self._before_databases = before_databases

    def run(self, *, configured: bool) -> Deployed:
        """Build and release, unless what is in force was made of just this; `configured` is passed on."""
        context, app = self._context, self._app
        if not self._tree.root.is_dir():
            raise LocalkuError(
                f"The folder of {app.name} is gone: {self._tree.root}.",
                "Move it back, or create a new app.",
                kind=Kind.NOT_FOUND,
                resource="app",
            )
        files = self._tree.collect(self._progress, context.store.folder(app) / SEEN)
        _ = self._project.procfile, self._project.app_json  # what nobody can read is said now, not after minutes
        plan = build.plan(context, app, self._project, self._options.buildpacks)
        same = build.unchanged(context, app, build.fingerprint(files, plan, app))
        if same is not None and not (self._options.force or self._options.clear_cache):
            return Deployed(app, *same, built=False, configured=configured)
        self._before_databases()
        with self._turn():
            first = context.store.releases.current_slug(app) is None
            if self._options.clear_cache:
                build_cache.empty(context, app)
            else:
                housekeeping.remove_builds(context, app)
            chosen = stack.choose(context.engine, app.stack)
            with self._recorded(chosen.name, files.commit) as recording:
                slug = self._build(recording, chosen.name, files, plan)
                made = self._release(recording, slug, first=first)
                housekeeping.prune_layers(context, app)
        return Deployed(app, made, slug, built=True, configured=configured)

    def _turn(self) -> AbstractContextManager[None]:
        if self._options.has_turn:
            return nullcontext()
        lock = builds.lock(self._context, self._app)
        return locks.held(lock, f"Another build of {self._app.name} is running.", "Wait for it to finish.")

    @contextmanager
    def _recorded(self, stack_name: str, commit: str | None) -> Iterator[builds.Recording]:
        if self._events.recording is not None:
            builds.settle(self._context, self._app)
            self._events.recording.on(stack_name)
            yield self._events.recording
            return
        with builds.recorded(self._context, self._app, stack_name, commit) as recording:
            self._events.recording = recording
            self._events.is_recorded = True
            self._events(Begun(recording.build.id))
            try:
                yield recording
            finally:
                self._events.recording = None

    def _build(self, recording: builds.Recording, stack_name: str, files: Source, plan: Plan) -> Slug:
        context, app = self._context, self._app
        images = stack.ensure(context.engine, stack_name, self._progress)
        ident = recording.build.id.replace("-", "")
        again = self._options.again or builds.is_recent(context, app)
        order = build.Order(ident, self._project, files, plan, images, self._options.offline, again)
        self._log("Build started by user localku")
        self._announce(order)
        try:
            look = kept_sources.Look(self._project, files)
            with database_ahead.begun(context, app, self._project) as ahead:
                made = build.make(context, app, order, self._say, self._progress, partial(self._beside, look))
                recording.built(made.slug)
                kept_sources.keep(context, app, made.slug, look.end(made.sent))
                first_database.provision(context, app, self._project, made.addons, self._say, self._progress, ahead)
        except LocalkuError:
            self._log("Build failed -- check your build output")
            raise
        return made.slug

    def _beside(self, look: kept_sources.Look) -> None:
        """Prune first: an image of the same name that this build is about to make must not be taken for an old one."""
        housekeeping.prune_ahead(self._context, self._app)
        look.begin()

    def _announce(self, order: build.Order) -> None:
        if self._tree.exact:
            transcript.submodules(self._say, submodules.fetched(order.files.submodules))
        transcript.stack(self._say, order.images.name)
        for sentence in self._tree.remarks(order.files):
            transcript.warning(self._say, sentence)
        if order.plan.auto:
            transcript.step(self._say, "Determining which buildpack to use for this app")
        else:
            transcript.buildpacks(self._say, order.plan.references)

    def _release(self, recording: builds.Recording, slug: Slug, *, first: bool) -> Release:
        context, app = self._context, self._app
        transcript.step(self._say, "Launching...")
        if PHASE in slug.process_types:
            transcript.warning(
                self._say,
                "Release command declared: this new release will not be available until the command succeeds.",
            )
        description = f"Deploy {(slug.commit or slug.fingerprint)[:8]}"

        def numbered(made: Release) -> None:
            build.tag(context, app, made, slug)
            recording.released(made)
            url = running.url(context, app)
            self._events(Released(made.version, f"{url}/" if url else app.name))

        try:
            made = release.make(
                context, app, phase=RELEASE_PHASE, slug=slug, description=description, say=self._say, numbered=numbered
            )
            if first:
                self._tell_formation(slug)
        finally:
            self._log("Build succeeded")  # it did, whatever the release phase says
        postdeploy.run(context, app, self._say)
        return made

    def _progress(self, step: str, fraction: float | None) -> None:
        self._events(Progress(step, fraction))

    def _log(self, text: str) -> None:
        """Log an event of the build; Heroku's have whole seconds (Dev Center, "Logging")."""
        moment = self._context.clock.now().replace(microsecond=0)
        self._context.log(self._app).write("app", "api", text, moment)

    def _tell_formation(self, slug: Slug) -> None:
        entries = sorted(formation.desired(self._context, self._app, slug.process_types), key=lambda entry: entry.type)
        shown = " ".join(f"{entry.type}@{entry.quantity}:{dyno_sizes.shown(entry.size)}" for entry in entries)
        if shown:
            self._context.log(self._app).write("app", "api", f"Scaled to {shown} by user localku")
