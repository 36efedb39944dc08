"""`localku up` and `localku down`."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import click

from localku.cli.durations import Duration
from localku.cli.options import app_option, here
from localku.cli.terminal import note, say
from localku.errors import LocalkuError
from localku.states import DynoState, Wanted

if TYPE_CHECKING:
    from localku.cli.deploying import Transcript
    from localku.context import Context
    from localku.platform.deploy import Options
    from localku.store.records import App

DETACHED_SECONDS = 90.0
SETTLED = frozenset({DynoState.UP, DynoState.CRASHED, DynoState.IDLE})


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
    from localku.cli.serve import serve
    from localku.cli.watching import watching
    from localku.context import open_context
    from localku.platform import apps
    from localku.platform import deploy as verb
    from localku.platform.running import is_running
    from localku.supervisor.loop import HEROKU

    context = open_context()
    options = verb.Options(
        offline=offline, rebuild=not no_build, stays_up=True, new_app=not apps.is_known(context, here(), name)
    )
    app = apps.find_or_create(context, here(), name)
    prepare(context, app, Transcript(context, app), formation, options)
    app = context.store.apps.by_id(app.id)
    if is_running(context, app) is not None:
        say(f"{app.name} is already running at {url(app)}; its dynos are restarting on the new release.")
        return
    if detach:
        _detach(context, app, port, watch=watch, offline=offline, cycle_every=cycle_every)
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
) -> None:
    """Everything before running: the deploy, and the formation."""
    from localku.cli.diagnosing import explain
    from localku.cli.formation_args import scaled
    from localku.platform import deploy as verb
    from localku.platform import deploy_source, formation
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


def url(app: Any) -> str:
    return f"http://{app.name}.localhost:{app.port}"


def _explain_formation(context: Any, app: Any, types: Any) -> None:
    from localku.platform import formation

    if not types:
        _explain_no_types(app)
    idle = [entry.type for entry in formation.wanted(context, app, types) if entry.quantity == 0]
    if idle:
        listed = ", ".join(idle)
        say(f"Not started, as on Heroku: {listed} (localku ps:scale {idle[0]}=1 starts it)")
    if types and "web" not in types:
        say("There is no web process type, so the router answers H14 to every request.")


def _explain_no_types(app: Any) -> None:
    from localku.project import procfile, procfile_guess

    wrong = procfile.misnamed(app.root)
    guess = procfile_guess.guess(app.root)
    lines = []
    if wrong:
        lines.append(f"There is a file `{wrong}`, but Heroku reads only `Procfile`: rename it.")
    if guess:
        lines.append(f"{guess.reason}. A Procfile to paste:\n\n  {guess.lines}\n")
    raise LocalkuError(
        f"No process types on {app.name}.\nUpload a Procfile to add process types.\n"
        "https://devcenter.heroku.com/articles/procfile",
        "\n".join(lines),
    )


def _foreground(context: Any, app: Any, port: int, limits: Any) -> None:
    from localku.cli.serve import serve
    from localku.logs.printer import LogPrinter

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

    def ready(running: Any) -> None:
        say(f"{running.name} is at {url(running)} (and https), Ctrl-C stops it")
        thread.start()

    try:
        serve(context, app, port, tell, ready, limits)
    finally:
        stop.set()
        if thread.is_alive():
            thread.join(2)


def _detach(context: Any, app: Any, port: int, *, watch: bool, offline: bool, cycle_every: float | None) -> None:
    """Start this program again for the rest, with a file for its own words; the app's are in the app's log."""
    output = context.store.folder(app) / "detached.log"
    command = [sys.executable, "-m", "localku", "up", "--app", app.name, "--port", str(port), "--no-build"]
    command += ["--in-background"] + ["--watch"] * watch + ["--offline"] * offline
    command += ["--cycle-every", f"{cycle_every}s"] if cycle_every else []
    output.unlink(missing_ok=True)
    with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as file:
        started = subprocess.Popen(
            command, cwd=app.root, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )
    _wait_until_up(context, app, started, output)


def _wait_until_up(context: Any, app: Any, started: subprocess.Popen[bytes], output: Any) -> None:
    """Wait for the new process to have the app in hand, not for what a killed one has left in the store."""
    from localku.platform.running import is_running

    deadline, wanted = time.monotonic() + DETACHED_SECONDS, _how_many(context, app)
    while time.monotonic() < deadline:
        if started.poll() is not None:
            raise LocalkuError(f"{app.name} did not stay up.", output.read_text(errors="replace").strip())
        running = context.store.apps.by_id(app.id)
        dynos = context.store.dynos.of(app.id)
        in_hand = running.wanted is Wanted.UP and is_running(context, app) == started.pid
        if in_hand and all(dyno.state in SETTLED or dyno.crashes for dyno in dynos) and len(dynos) >= wanted:
            break
        time.sleep(0.05)
    running = context.store.apps.by_id(app.id)
    crashed = [dyno.name for dyno in context.store.dynos.of(app.id) if dyno.state not in {DynoState.UP, DynoState.IDLE}]
    say(f"{running.name} is at {url(running)} (and https); localku logs -t, localku down")
    if crashed:
        from localku.cli.diagnosing import explain, of_crash

        explain(of_crash(context, app))
        last = "\n".join(f"{line.proc}: {line.message}" for line in context.log(app).history(5, proc=crashed[0]))
        raise LocalkuError(f"Not up: {', '.join(crashed)}.", f"{last}\nMore: localku logs -a {app.name}")


def _how_many(context: Any, app: Any) -> int:
    """How many dynos there shall be."""
    from localku.platform import formation

    slug = context.store.releases.current_slug(app)
    return sum(entry.quantity for entry in formation.wanted(context, app, slug.process_types)) if slug else 0


@click.command()
@app_option
def down(name: str | None) -> None:
    """Stop the app's dynos (SIGTERM, 30 seconds, SIGKILL) and its database. All data stays."""
    from localku.context import open_context
    from localku.platform import apps
    from localku.platform.running import is_running

    context = open_context()
    app = apps.find(context, here(), name)
    if is_running(context, app) is None:
        _clear_leftovers(context, app)
    else:
        _stop(context, app)
    say(f"{app.name} is down")


def _stop(context: Any, app: Any) -> None:
    """Make the localku that runs the app stop, and tell what the dynos had written while they end."""
    from localku.platform import filesystem
    from localku.platform.running import is_running, tell_to_stop

    began = context.clock.now()
    note(f"Stopping {app.name}: SIGTERM to all its processes, SIGKILL after 30 seconds")
    try:
        context.store.apps.want(app, Wanted.DOWN)
    except LocalkuError as error:
        note(f" !     {error.message}")
        note(f" !     Not recorded: that {app.name} is down, and what its dynos leave behind")
        tell_to_stop(context, app)
    told: set[str] = set()
    running = True
    while running:
        running = is_running(context, app) is not None
        for dyno, words in filesystem.farewells(context, app, began):
            if dyno not in told:
                told.add(dyno)
                say(words)
        time.sleep(0.05)


def _clear_leftovers(context: Any, app: Any) -> None:
    """Stop what a killed localku left running."""
    from localku import locks
    from localku.cli.serve import wind_up
    from localku.platform.running import supervisor_lock
    from localku.supervisor.loop import Supervisor

    with locks.held(supervisor_lock(context, app), f"{app.name} is already being started."):
        supervisor = Supervisor(context, app, lost=lambda report: say(report.summary()))
        supervisor.stop()
        supervisor.run()
        wind_up(context, app, note)
