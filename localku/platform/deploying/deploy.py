"""The verb `deploy`: everything between a source and a release that is in force."""

from __future__ import annotations

from contextlib import ExitStack, suppress

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform.deploying import builds, deploy_source, take_over
from localku.platform.deploying.deploy_events import Events, Failed
from localku.platform.deploying.deploy_values import Deployed, Options
from localku.platform.deploying.told import Told
from localku.records import App
from localku.slugs.build_errors import BuildFailed, Undetected

RELEASES_OF_A_NEW_APP = 2
"""Initial release, Enable Logplex."""


def deploy(
    context: Context,
    app: App,
    source: deploy_source.Source,
    options: Options,
    events: Events,
    recording: builds.Recording | None = None,
) -> Deployed:
    """Take over app.json and `.env`, build what changed, provision, release, run postdeploy, and prune.

    `recording` is of a build that was queued.

    Raise BuildFailed, ReleaseFailed, ConfigWanted, or LocalkuError for a source that nobody can read.
    """
    told = Told(events, recording)
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


class _Deploy:
    def __init__(
        self,
        context: Context,
        app: App,
        tree: deploy_source.Tree,
        options: Options,
        events: Told,
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
        return self._of_source(app, configured=configured)

    def _of_source(self, app: App, *, configured: bool) -> Deployed:
        """Build and release, unless what is in force was made of just this; `configured` is passed on."""
        context, options = self._context, self._options
        if not self._tree.root.is_dir():
            raise LocalkuError(
                f"The folder of {app.name} is gone: {self._tree.root}.",
                "Move it back, or create a new app.",
                kind=Kind.NOT_FOUND,
                resource="app",
            )
        from localku.platform.deploying import examined

        found = examined.examine(context, app, self._tree, options.buildpacks, self._events.progress)
        same = examined.unchanged(context, app, found)
        if same is not None and not (options.force or options.clear_cache):
            return Deployed(app, *same, built=False, configured=configured)
        from localku.platform.deploying.making import Making

        making = Making(context, app, self._tree, options, self._events, self._see_to_databases)
        return making.run(found, configured=configured)

    def _see_to_databases(self) -> None:
        """Let databases that do not run yet stop after the deploy: to be called before any may be started.

        A deploy that finds nothing to do starts none, and asks no engine about them.
        """
        if not self._databases_are_seen_to:
            self._databases_are_seen_to = True
            from localku.platform.addons import addon_servers

            self._around.enter_context(addon_servers.stopped_after(self._context, self._app))


def _undo(context: Context, app: App, error: LocalkuError) -> None:
    """Destroy an app that was made for a deploy and has nothing of its own yet.

    One whose build began stays: a config var may be what it lacks, and its caches are worth keeping.
    """
    began = isinstance(error, BuildFailed | take_over.ConfigWanted) and not isinstance(error, Undetected)
    if not began and _is_bare(context, app):
        from localku.platform import destroy

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
