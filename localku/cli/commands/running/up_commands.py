"""`localku up` and `localku down`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from localku.cli.durations import Duration
from localku.cli.options import app_option, context_and_app
from localku.cli.shell.user_shell import here
from localku.cli.terminal import note, say
from localku.errors import LocalkuError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localku.cli.deploying import Transcript
    from localku.context import Context
    from localku.control.messages import Bring
    from localku.control.server_client import Client
    from localku.platform.deploying.deploy_values import Options
    from localku.platform.dynos.formation import Change
    from localku.records import App


@click.command()
@app_option
@click.option(
    "-p",
    "--port",
    type=click.IntRange(1, 65535),
    help="Router's port. By default the one that the app had, at first the next free one from 5000 on.",
)
@click.option("-f", "--formation", multiple=True, metavar="TYPE=N", help="Dynos to run, such as worker=1; repeatable.")
@click.option("-d", "--detach", is_flag=True, help="Run in the background; `localku down` stops it.")
@click.option("--watch", is_flag=True, help="Build and release again whenever a file changes.")
@click.option("--offline", is_flag=True, help="Build without network, using only the caches.")
@click.option("--no-build", is_flag=True, help="Run the newest release as it is.")
@click.option(
    "--cycle-every",
    type=Duration(),
    metavar="5m",
    help="Cycle dynos at this interval instead of Heroku's 24 hours, for testing.",
)
@click.option("--in-background", is_flag=True, hidden=True, help="The part of --watch that --detach starts.")
def up(
    name: str | None,
    port: int | None,
    formation: tuple[str, ...],
    *,
    detach: bool,
    watch: bool,
    offline: bool,
    no_build: bool,
    cycle_every: float | None,
    in_background: bool,
) -> None:
    """Build if anything changed, provision, release, and run the app in this folder.

    In the foreground the app's log is shown and Ctrl-C stops everything but the data.
    """
    from localku.cli.formation_args import scaled
    from localku.opening import open_context

    changes = scaled(formation)
    context = open_context()
    if in_background:
        from localku.cli import background_watch
        from localku.platform import new_apps

        background_watch.run(context, new_apps.find_or_create(context, here(), name), offline=offline)
        return
    from localku.control.early_server import EarlyServer

    server = EarlyServer(context).client
    from localku.control.messages import Bring
    from localku.platform import apps, new_apps

    new = not apps.is_known(context, here(), name)
    app = new_apps.find_or_create(context, here(), name)
    from localku.cli.deploying import Transcript
    from localku.platform.deploying.deploy_values import Options

    options = Options(offline=offline, rebuild=not no_build, stays_up=True, new_app=new)
    app = prepare(context, app, Transcript(context, app), changes, options)
    order = Bring(app.uuid, port, lease=not detach, cycle_every=cycle_every)
    if detach:
        _detach(context, app, order, server, watch_offline=offline if watch else None)
    else:
        _foreground(context, app, order, server, watch=watch, offline=offline)


def _foreground(
    context: Context, app: App, order: Bring, server: Callable[[], Client], *, watch: bool, offline: bool
) -> None:
    from localku.cli import foreground
    from localku.cli.watching import watching

    with watching(context, app, enabled=watch, offline=offline):
        foreground.run(context, app, order, server)


def prepare(
    context: Context,
    app: App,
    transcript: Transcript,
    changes: tuple[Change, ...],
    options: Options,
) -> App:
    """Everything before running: the deploy, and the formation. Return the app as it is then."""
    from localku.cli.diagnosing import explain
    from localku.platform.deploying import deploy as verb
    from localku.platform.deploying import deploy_source
    from localku.platform.dynos import formation
    from localku.slugs.build_errors import BuildFailed

    try:
        with transcript.live():
            deployed = verb.deploy(context, app, deploy_source.of(app), options, transcript)
    except LocalkuError as error:
        transcript.progress.clear()
        explain(transcript.findings)
        if isinstance(error, BuildFailed):
            raise click.exceptions.Exit(1) from error
        raise
    transcript.progress.clear()
    app, slug = deployed.app, deployed.slug
    if not deployed.built and options.rebuild:
        say(f"No changes since v{deployed.release.version}; skipping build.")
    if changes:
        formation.update(context, app, changes, app.root)
    _explain_formation(context, app, slug.process_types)
    for entry in slug.cron:
        say(f"Scheduled: {entry.schedule} (UTC) {entry.command}")
    return app


def _explain_formation(context: Context, app: App, types: Mapping[str, str]) -> None:
    from localku.platform.dynos import formation

    if not types:
        raise formation.no_types(app, app.root)
    idle = [entry.type for entry in formation.desired(context, app, types) if entry.quantity == 0]
    if idle:
        listed = ", ".join(idle)
        say(f"Not started, as on Heroku: {listed} (localku ps:scale {idle[0]}=1 starts it)")
    if types and "web" not in types:
        say("There is no web process type, so the router answers H14 to every request.")


def _detach(
    context: Context, app: App, order: Bring, server: Callable[[], Client], *, watch_offline: bool | None
) -> None:
    """Have the app run until `down`, and wait until its dynos are up or have crashed."""
    from localku.platform import apps
    from localku.platform.dynos import coming_up
    from localku.platform.dynos.running import address, is_running

    was_running = is_running(context, app) is not None
    with server() as client:
        client.bring(order, note)
    if watch_offline is not None:
        from localku.cli import background_watch

        background_watch.start(context, app, offline=watch_offline)
    app = apps.again(context, app)
    if was_running:
        say(f"{app.name} is already running at {address(app)}; its dynos are restarting on the new release.")
        return
    not_up = coming_up.wait(context, app, lambda: server().close())
    say(f"{app.name} is at {address(app)} (and https); localku logs -t, localku down")
    if not_up:
        from localku.cli.diagnosing import explain, of_crash

        explain(of_crash(context, app))
        lines = context.log(app).history(5, proc=not_up[0])
        last = "\n".join(f"{line.proc}: {line.message}" for line in lines)
        raise LocalkuError(f"Not up: {', '.join(not_up)}.", f"{last}\nMore: localku logs -a {app.name}")


@click.command()
@app_option
def down(name: str | None) -> None:
    """Stop the app's dynos (SIGTERM, 30 seconds, SIGKILL) and its database. All data stays."""
    from localku.server.apps import stopping

    context, app = context_and_app(name)
    say(f"{stopping.down(context, app, note, say).name} is down")
