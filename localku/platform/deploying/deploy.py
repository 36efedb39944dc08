"""The verb `deploy`: everything between a source and a release that is in force."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial

from localku import locks
from localku.context import Context
from localku.dyno import dyno_sizes
from localku.dyno.dyno_order import PHASE
from localku.errors import Kind, LocalkuError
from localku.platform import destroy, housekeeping
from localku.platform.addons import addon_servers
from localku.platform.deploying import (
    build,
    builds,
    deploy_source,
    first_database,
    image_names,
    postdeploy,
    take_over,
)
from localku.platform.deploying.deploy_events import (
    Event,
    Events,
    Failed,
    Line,
    Progress,
    Released,
)
from localku.platform.deploying.deploy_events import transcript as transcribed
from localku.platform.dynos import formation, running
from localku.platform.releasing import release
from localku.platform.releasing.release_phase import RELEASE_PHASE
from localku.project.git import submodules
from localku.project.sources.app_source import Source
from localku.records import App, Release, Slug
from localku.slugs import stack, transcript
from localku.slugs.build_errors import BuildFailed, Undetected
from localku.slugs.values import Plan

RELEASES_OF_A_NEW_APP = 2
"""Initial release, Enable Logplex."""


@dataclass(frozen=True)
class Options:
    """How to deploy.

    `offline`: no network at all. `force`: build even when nothing changed. `clear_cache`: with no build cache.
    `rebuild`: False builds only what was never built. `stays_up`: the databases go on running, as dynos follow.
    `new_app`: the app was made for this deploy, and goes again where the source turns out to be none. `again`:
    another deploy will come soon, as with `up --watch`.
    """

    offline: bool = False
    force: bool = False
    clear_cache: bool = False
    rebuild: bool = True
    stays_up: bool = False
    new_app: bool = False
    again: bool = False


@dataclass(frozen=True)
class Deployed:
    """What is in force afterwards.

    `built` is False when nothing had changed and `release` runs the slug there was; `configured`: config vars
    of app.json or `.env` were set, which is a release too.
    """

    app: App
    release: Release
    slug: Slug
    built: bool
    configured: bool = False

    @property
    def image(self) -> str:
        """The image's name by this release; by its build where an older one made it."""
        return build.image_of(self.release, self.slug) if self.built else self.slug.image


def deploy(context: Context, app: App, source: deploy_source.Source, options: Options, events: Events) -> Deployed:
    """Take over app.json and `.env`, build what changed, provision, release, run postdeploy, and prune.

    Raise BuildFailed, ReleaseFailed, ConfigWanted, or LocalkuError for a source that nobody can read.
    """
    told = _Told(events)
    try:
        with ExitStack() as around:
            tree = around.enter_context(deploy_source.opened(source))
            deployed = _Deploy(context, app, tree, options, told, around).run()
    except LocalkuError as error:
        if not told.is_recorded:
            builds.refuse(context, app, told.said, error)
        events(Failed(error))
        if options.new_app:
            _undo(context, app, error)
        raise
    if options.rebuild and not deployed.built:
        builds.settle_failures(context, app)
    return deployed


SEEN = "seen-files.json"
"""The file's name in the app's folder that says what a large app's files held."""


class _Told:
    """Passes events on, and their lines to the `recording` of the build while there is one; `said` are those before."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self.recording: builds.Recording | None = None
        self.is_recorded = False
        self.said: list[str] = []

    def __call__(self, event: Event) -> None:
        for line in transcribed(event):
            if self.recording is not None:
                self.recording.write(line)
            elif not self.is_recorded:
                self.said.append(line)
        self._events(event)

    def say(self, line: str) -> None:
        self(Line(line))


class _Deploy:
    def __init__(
        self,
        context: Context,
        app: App,
        tree: deploy_source.Tree,
        options: Options,
        events: _Told,
        around: ExitStack,
    ) -> None:
        self._context = context
        self._app = app
        self._tree = tree
        self._project = tree.project
        self._options = options
        self._events = events
        self._say = events.say
        self._around = around
        self._databases_are_seen_to = options.stays_up

    def run(self) -> Deployed:
        context = self._context
        configured = take_over.take_over(context, self._app, self._project, self._say, self._see_to_databases)
        app = self._app = context.store.apps.by_id(self._app.id)
        current = context.store.releases.current(app)
        if current and current.slug_id and not self._options.rebuild:
            slug = context.store.releases.slug(current.slug_id)
            return Deployed(app, current, slug, built=False, configured=configured)
        return self._changed(configured=configured)

    def _see_to_databases(self) -> None:
        """Let databases that do not run yet stop after the deploy: to be called before any may be started.

        A deploy that finds nothing to do starts none, and asks no engine about them.
        """
        if not self._databases_are_seen_to:
            self._databases_are_seen_to = True
            self._around.enter_context(addon_servers.stopped_after(self._context, self._app))

    def _changed(self, *, configured: bool) -> Deployed:
        """Build and release, unless what is in force was made of just this."""
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
        plan = build.plan(context, app, self._project)
        same = build.unchanged(context, app, build.fingerprint(files, plan, app))
        if same is not None and not (self._options.force or self._options.clear_cache):
            return Deployed(app, *same, built=False, configured=configured)
        self._see_to_databases()
        with locks.held(
            builds.lock(context, app), f"Another build of {app.name} is running.", "Wait for it to finish."
        ):
            first = context.store.releases.current_slug(app) is None
            housekeeping.remove_builds(context, app, waiting=self._options.clear_cache)
            chosen = stack.choose(context.engine, app.stack)
            with self._recorded(chosen.name, files.commit) as recording:
                slug = self._build(recording, chosen.name, files, plan)
                made = self._release(recording, slug, first=first)
                housekeeping.prune_layers(context, app)
        return Deployed(app, made, slug, built=True, configured=configured)

    @contextmanager
    def _recorded(self, stack_name: str, commit: str | None) -> Iterator[builds.Recording]:
        with builds.recorded(self._context, self._app, stack_name, commit) as recording:
            self._events.recording = recording
            self._events.is_recorded = True
            try:
                yield recording
            finally:
                self._events.recording = None

    def _build(self, recording: builds.Recording, stack_name: str, files: Source, plan: Plan) -> Slug:
        context, app = self._context, self._app
        if self._options.clear_cache:
            context.engine.volumes.remove(image_names.build_volume(context, app))
        images = stack.ensure(context.engine, stack_name, self._progress)
        ident = recording.build.id.replace("-", "")
        again = self._options.again or builds.is_recent(context, app)
        order = build.Order(ident, self._project, files, plan, images, self._options.offline, again)
        self._log("Build started by user localku")
        self._announce(order)
        try:
            beside = partial(housekeeping.prune_ahead, context, app)
            made = build.make(context, app, order, self._say, self._progress, beside)
            recording.built(made.slug)
            first_database.provision(context, app, self._project, made.addons, self._say, self._progress)
        except LocalkuError:
            self._log("Build failed -- check your build output")
            raise
        return made.slug

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
            self._events(Released(made.version, running.url(context, app) or app.name))

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


def _undo(context: Context, app: App, error: LocalkuError) -> None:
    """Destroy an app that was made for a deploy and has nothing of its own yet.

    One whose build began stays: a config var may be what it lacks, and its caches are worth keeping.
    """
    began = isinstance(error, BuildFailed | take_over.ConfigWanted) and not isinstance(error, Undetected)
    if not began and _is_bare(context, app):
        with suppress(LocalkuError):
            destroy.destroy(context, app)


def _is_bare(context: Context, app: App) -> bool:
    store = context.store
    return len(store.releases.all(app)) == RELEASES_OF_A_NEW_APP and not (
        store.apps.config(app)
        or store.apps.buildpacks(app)
        or store.apps.formation(app)
        or store.addons.of(app)
        or store.domains.of(app)
        or store.features.of(app)
        or app.stack
    )
