"""What a deploy does with a source that has changed: it builds and releases it.

Apart from `deploy.py`, for a deploy that takes the newest release as it is needs nothing of this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

from localku import locks
from localku.context import Context
from localku.dyno import dyno_sizes
from localku.dyno.dyno_order import PHASE
from localku.errors import LocalkuError
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
from localku.platform.deploying.deploy_events import Begun, Released
from localku.platform.deploying.deploy_values import Deployed, Options
from localku.platform.deploying.examined import Examined
from localku.platform.deploying.told import Told
from localku.platform.dynos import formation, running
from localku.platform.releasing import release
from localku.platform.releasing.release_phase import RELEASE_PHASE
from localku.project.git import submodules
from localku.records import App, Release, Slug
from localku.slugs import stack, transcript


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
        self._say, self._progress = events.say, events.progress
        self._before_databases = before_databases

    def run(self, found: Examined, *, configured: bool) -> Deployed:
        """Build and release what was examined; `configured` is passed on."""
        context, app = self._context, self._app
        self._before_databases()
        with self._turn():
            first = context.store.releases.current_slug(app) is None
            if self._options.clear_cache:
                build_cache.empty(context, app)
            else:
                housekeeping.remove_builds(context, app)
            chosen = stack.choose(context.engine, app.stack)
            with self._recorded(chosen.name, found.files.commit) as recording:
                slug = self._build(recording, chosen.name, found)
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

    def _build(self, recording: builds.Recording, stack_name: str, found: Examined) -> Slug:
        context, app = self._context, self._app
        images = stack.ensure(context.engine, stack_name, self._progress)
        ident = recording.build.id.replace("-", "")
        again = self._options.again or builds.is_followed(context, app)
        order = build.Order(ident, self._project, found.files, found.plan, images, self._options.offline, again)
        self._log("Build started by user localku")
        self._announce(order)
        try:
            look = kept_sources.Look(self._project, found.files)
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

    def _log(self, text: str) -> None:
        """Log an event of the build; Heroku's have whole seconds (Dev Center, "Logging")."""
        moment = self._context.clock.now().replace(microsecond=0)
        self._context.log(self._app).write("app", "api", text, moment)

    def _tell_formation(self, slug: Slug) -> None:
        entries = sorted(formation.desired(self._context, self._app, slug.process_types), key=lambda entry: entry.type)
        shown = " ".join(f"{entry.type}@{entry.quantity}:{dyno_sizes.shown(entry.size)}" for entry in entries)
        if shown:
            self._context.log(self._app).write("app", "api", f"Scaled to {shown} by user localku")
