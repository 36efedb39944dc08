"""`localku up` and `localku down`."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING

import click

from localku.cli.durations import Duration
from localku.cli.options import app_option, context_and_app, here
from localku.cli.terminal import note, say
from localku.errors import LocalkuError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localku.cli.deploying import Transcript
    from localku.platform.deploying.deploy import Options
    from localku.platform.nouns import App, Context
    from localku.server.detached_start import Background
    from localku.supervisor.supervisor_limits import Limits


@click.command()
@app_option
@click.option("-p", "--port", default=5000, show_default=True, type=click.IntRange(1, 65535), help="Router's port.")
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
@click.option("--in-background", is_flag=True, hidden=True, help="What --detach starts: nobody looks at its output.")
def up(
    name: str | None,
    port: int,
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
    from localku.cli.background import small_output
    from localku.cli.deploying import Transcript
    from localku.cli.watching import watching
    from localku.context import open_context
    from localku.platform import apps
    from localku.platform.deploying import deploy as verb
    from localku.platform.dynos.running import address, is_running
    from localku.server.app_runner import serve
    from localku.server.detached_start import Background
    from localku.supervisor.loop import HEROKU

    context = open_context()
    options = verb.Options(
        offline=offline, rebuild=not no_build, stays_up=True, new_app=not apps.is_known(context, here(), name)
    )
    app = apps.find_or_create(context, here(), name)
    app = prepare(context, app, Transcript(context, app), formation, options)
    if is_running(context, app) is not None:
        say(f"{app.name} is already running at {address(app)}; its dynos are restarting on the new release.")
        return
    if detach:
        _detach(context, app, Background(port, watch=watch, offline=offline, cycle_every=cycle_every))
        return
    limits = HEROKU.cycling_every(cycle_every) if cycle_every else HEROKU
    watched = watching(context, app, enabled=watch, offline=offline)
    if in_background:
        with small_output(), watched:
            serve(context, app, port, note, lambda _: None, limits)
    else:
        with watched:
            _foreground(context, app, port, limits)


def prepare(
    context: Context,
    app: App,
    transcript: Transcript,
    changes: tuple[str, ...],
    options: Options,
) -> App:
    """Everything before running: the deploy, and the formation. Return the app as it is then."""
    from localku.cli.diagnosing import explain
    from localku.cli.formation_args import scaled
    from localku.platform.deploying import deploy as verb
    from localku.platform.deploying import deploy_source
    from localku.platform.dynos import formation
    from localku.slugs.builder import BuildFailed

    try:
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
        formation.update(context, app, scaled(changes, formation.of(context, app)))
    _explain_formation(context, app, slug.process_types)
    for entry in slug.cron:
        say(f"Scheduled: {entry.schedule} (UTC) {entry.command}")
    return app


def _explain_formation(context: Context, app: App, types: Mapping[str, str]) -> None:
    from localku.platform.dynos import formation

    if not types:
        raise formation.no_types(app)
    idle = [entry.type for entry in formation.desired(context, app, types) if entry.quantity == 0]
    if idle:
        listed = ", ".join(idle)
        say(f"Not started, as on Heroku: {listed} (localku ps:scale {idle[0]}=1 starts it)")
    if types and "web" not in types:
        say("There is no web process type, so the router answers H14 to every request.")


def _foreground(context: Context, app: App, port: int, limits: Limits) -> None:
    from localku.logs.printer import LogPrinter
    from localku.platform.dynos.running import address
    from localku.server.app_runner import serve

    stop = threading.Event()
    printer = LogPrinter(sys.stdout)
    follower = context.log(app).follow(0, stop=stop)

    def show() -> None:
        with contextlib.suppress(OSError):  # the terminal or the pipe is gone; the app is not
            for line in follower:
                printer.print(line)

    def tell(line: str) -> None:
        with contextlib.suppress(OSError):
            note(line)

    thread = threading.Thread(target=show, name="log", daemon=True)

    def ready(running: App) -> None:
        say(f"{running.name} is at {address(running)} (and https), Ctrl-C stops it")
        thread.start()

    try:
        serve(context, app, port, tell, ready, limits)
    finally:
        stop.set()
        if thread.is_alive():
            thread.join(2)


def _detach(context: Context, app: App, how: Background) -> None:
    """Start this program again for the rest, with a file for its own words; the app's are in the app's log."""
    from localku.platform.dynos.running import address
    from localku.server import detached_start

    started = detached_start.start(context, app, how)
    say(f"{started.app.name} is at {address(started.app)} (and https); localku logs -t, localku down")
    if started.not_up:
        from localku.cli.diagnosing import explain, of_crash

        explain(of_crash(context, app))
        lines = context.log(app).history(5, proc=started.not_up[0])
        last = "\n".join(f"{line.proc}: {line.message}" for line in lines)
        raise LocalkuError(f"Not up: {', '.join(started.not_up)}.", f"{last}\nMore: localku logs -a {app.name}")


@click.command()
@app_option
def down(name: str | None) -> None:
    """Stop the app's dynos (SIGTERM, 30 seconds, SIGKILL) and its database. All data stays."""
    from localku.server import stopping

    context, app = context_and_app(name)
    say(f"{stopping.down(context, app, note, say).name} is down")
