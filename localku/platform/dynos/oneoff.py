"""One-off dynos: `run.1234`, `release.1234`, `scheduler.1234`: one process to its end, never restarted.

One process of localku holds a dyno's lock while it looks after it: the client of an attached dyno, the
command that makes a release, the runner of a detached one (`localku.supervisor.detached_runner`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from localku import locks
from localku.context import Context
from localku.dyno import dyno_lines as lines
from localku.dyno import dyno_sizes, dyno_spec, memory_quota, signals
from localku.dyno.dyno_order import DynoOrder
from localku.dyno.oneoff_monitor import Client, OneOffMonitor
from localku.engine import labels
from localku.engine.containers import Container
from localku.errors import CLIENT, Kind, LocalkuError
from localku.logs.app_log import AppLog
from localku.logs.assembler import Assembler
from localku.platform.dynos import detached_launcher
from localku.states import DynoState, Wanted
from localku.store.records import App, OneOff, Release, Slug
from localku.telling import Say

MOST, MOST_PERFORMANCE = 50, 5
"""`run` dynos of an app at the same time, small ones and performance ones (Dev Center, "One-Off Dynos")."""

END_SECONDS = 60.0
"""Seconds to wait for detached dynos that were told to stop: their 30, and as many for the engine."""

TERMINATED = 143
"""Exit status of a process that SIGTERM has ended."""


Heard = Callable[[bytes], None]


def new_name(kind: str) -> str:
    """`run.1234`: four random digits, as Heroku numbers them today (Dev Center, "One-Off Dynos")."""
    return f"{kind}.{secrets.randbelow(9000) + 1000}"


def order(kind: str, command: str, release: Release, slug: Slug, *, size: str = dyno_sizes.DEFAULT) -> DynoOrder:
    """Order a one-off dyno of this release. Its databases have to run by then: `oneoff_order` sees to that."""
    return DynoOrder(
        name=new_name(kind),
        command=resolved(command, slug),
        size=dyno_sizes.named(size),
        release=release,
        slug=slug,
        port=dyno_spec.random_port(),
    )


def resolved(command: str, slug: Slug) -> str:
    """Put in the command of the process type whose name the line starts with, if it does."""
    first, space, rest = command.partition(" ")
    return f"{slug.process_types[first]}{space}{rest}" if first in slug.process_types else command


def running(context: Context, app: App) -> tuple[OneOff, ...]:
    """Return the one-off dynos that run, those that have lost their runner but run on among them."""
    return tuple(
        dyno for dyno in context.store.oneoffs.of(app) if dyno.detached or _has_runner(context, app, dyno.name)
    )


def adopt_lost(context: Context, app: App) -> None:
    """Find each detached dyno that has lost its runner a new one."""
    for dyno in context.store.oneoffs.of(app):
        if dyno.detached and not _has_runner(context, app, dyno.name):
            detached_launcher.launch(context, app, dyno.name)


def end_detached(context: Context, app: App) -> None:
    """Stop all detached dynos, and wait until they have ended: their database is about to stop too."""
    adopt_lost(context, app)
    detached = [dyno for dyno in context.store.oneoffs.of(app) if dyno.detached]
    try:
        for dyno in detached:
            context.store.oneoffs.stop(app, dyno.name)
    except LocalkuError:  # a full disk: their runners cannot be told
        for dyno in detached:
            signals.to_all(context.engine.containers, dyno.container, "TERM")
        _wait_while(context, lambda: any(context.engine.containers.exists(dyno.container) for dyno in detached))
        raise
    _wait_while(context, lambda: any(dyno.detached for dyno in context.store.oneoffs.of(app)))


def _wait_while(context: Context, true: Callable[[], bool]) -> None:
    deadline = context.clock.monotonic() + END_SECONDS
    while true() and context.clock.monotonic() < deadline:
        context.clock.sleep(0.2)


def stop(context: Context, app: App, which: str) -> bool:
    """Want the end of a one-off dyno, or of all of a type; whether there are any. Their runners see to it."""
    chosen = [dyno.name for dyno in running(context, app) if which in {dyno.name, dyno.type}]
    for name in chosen:
        context.store.oneoffs.stop(app, name)
    return bool(chosen)


def run_logged(context: Context, app: App, dyno: DynoOrder, say: Say, heard: Heard = lambda _: None) -> int:
    """Run the dyno to its end, its output in the app's log, to `say` by the line and to `heard` as it comes.

    Return its exit status. One that had to be stopped has not succeeded, whatever its status: that is then 143,
    of SIGTERM.
    """
    log = context.log(app)
    containers = context.engine.containers
    with attached(context, app, dyno) as container:
        output = containers.attach(container)
        announce(log, dyno)
        with started(context, app, dyno) as monitor:
            lines = Assembler()
            for _, chunk in output:
                heard(chunk)
                _write(log, dyno.name, lines.feed(chunk), say)
            _write(log, dyno.name, lines.flush(), say)
            containers.wait(container)
        status = finish(context, app, monitor)
    return status or (TERMINATED if monitor.stopped else 0)


def _write(log: AppLog, dyno: str, output: list[bytes], say: Say) -> None:
    for line in output:
        log.write("app", dyno, line)
        say(line.decode(errors="replace").rstrip("\r"))


def detach(context: Context, app: App, dyno: DynoOrder, *, user: str = "localku") -> None:
    """Run the dyno in the care of a process of its own, which survives whoever calls this."""
    _make_room(context, app, dyno)
    container = _create(context, app, dyno, detached=True)
    announce(context.log(app), dyno, user=user)
    try:
        detached_launcher.launch(context, app, dyno.name)
    except BaseException:
        context.engine.containers.remove(container)
        context.store.oneoffs.forget(app, dyno.name)
        raise


def announce(log: AppLog, dyno: DynoOrder, *, awaited: bool = False, user: str = "localku") -> None:
    """Say that the dyno starts; `awaited` where a client is attached to it."""
    log.write("app", "api", f"{lines.starting(dyno.command)} by user {user}")
    if awaited:
        log.write("heroku", dyno.name, lines.AWAITING)
    log.write("heroku", dyno.name, lines.starting(dyno.command))


@contextmanager
def started(context: Context, app: App, dyno: DynoOrder, client: Client | None = None) -> Iterator[OneOffMonitor]:
    """Start the container that `attached` made, and mind it until the block ends."""
    found = context.store.oneoffs.named(app, dyno.name)
    if found is None:
        raise LocalkuError(f"{dyno.name} is gone: {app.name} was destroyed.", kind=Kind.NOT_FOUND, resource="dyno")
    context.engine.containers.start(found.container)
    with monitored(context, app, found, client) as monitor:
        yield monitor


@contextmanager
def monitored(context: Context, app: App, dyno: OneOff, client: Client | None = None) -> Iterator[OneOffMonitor]:
    """Mind a dyno whose container runs, until the block ends."""
    if dyno.state is DynoState.STARTING:
        context.store.oneoffs.set_state(app, dyno.name, DynoState.UP, context.clock.now())
        context.log(app).write("heroku", dyno.name, lines.changed(DynoState.STARTING, DynoState.UP))
    monitor = OneOffMonitor(context, app, dyno, client)
    monitor.start()
    try:
        yield monitor
    finally:
        monitor.end()


def finish(context: Context, app: App, monitor: OneOffMonitor) -> int:
    """Write the last lines of a dyno that has ended; return its exit status."""
    dyno, log = monitor.dyno, context.log(app)
    found = context.engine.containers.inspect(dyno.container)
    if found.oom_killed and not monitor.killed:
        for line in memory_quota.out_of_memory(dyno_sizes.named(dyno.size)):
            log.write("heroku", dyno.name, line)
    log.write("heroku", dyno.name, lines.exited(found.exit_status))
    log.write("heroku", dyno.name, lines.changed(DynoState.UP, DynoState.COMPLETE))
    return found.exit_status


@contextmanager
def attached(context: Context, app: App, dyno: DynoOrder) -> Iterator[str]:
    """Make (not start) the container of a one-off dyno, and take it away after; others' leftovers too.

    A dyno that has been detached meanwhile stays.
    """
    for left in context.containers(app, labels.ROLE_DYNO, {labels.TYPE: dyno.type}):
        adopt_or_remove(context, left)
    _make_room(context, app, dyno)
    with held(context, app, dyno.name):
        container = _create(context, app, dyno, detached=False)
        try:
            yield container
        finally:
            found = context.store.oneoffs.named(app, dyno.name)
            if found is None or not found.detached:
                remove(context, app, dyno.name, container)


@contextmanager
def held(context: Context, app: App, name: str) -> Iterator[None]:
    """Hold the dyno's lock: one process at a time looks after it."""
    with locks.held(_lock(context, app, name), f"{name} already exists."):
        yield


def remove(context: Context, app: App, name: str, container: str) -> None:
    """Take away all there is of a dyno that is over."""
    context.engine.containers.remove(container)
    context.store.oneoffs.forget(app, name)
    _lock(context, app, name).unlink(missing_ok=True)


def is_orphan(context: Context, container: Container) -> bool:
    """Whether the localku that ran this one-off dyno is gone: it held the dyno's lock."""
    app = context.owner(container)
    return app is None or not _has_runner(context, app, container.labels[labels.DYNO])


def adopt_or_remove(context: Context, container: Container) -> None:
    """Find a detached dyno that has lost its runner a new one; take away what a killed `localku run` left.

    On Heroku too an attached dyno ends with its client.
    """
    app = context.owner(container)
    if not is_orphan(context, container):
        return
    name = container.labels[labels.DYNO]
    found = context.store.oneoffs.named(app, name) if app else None
    if app is not None and found is not None and found.detached:
        detached_launcher.launch(context, app, name)
    else:
        context.engine.containers.remove(container.id)
        if app is not None:
            remove(context, app, name, container.id)


def _make_room(context: Context, app: App, dyno: DynoOrder) -> None:
    """Raise LocalkuError, in Heroku's words, where the app has too many one-off dynos already."""
    big = _is_big(dyno.size.name)
    most = MOST_PERFORMANCE if big else MOST
    rivals = [one for one in running(context, app) if one.type == "run" and _is_big(one.size) == big]
    if dyno.type == "run" and len(rivals) >= most:
        raise LocalkuError(
            f"Cannot run more than {most} {dyno.size.shown} size dynos.",
            f"`{CLIENT} ps:stop run` stops them all.",
            kind=Kind.INVALID,
            resource="dyno",
        )


def _is_big(size: str) -> bool:
    return size.startswith("performance-")


def _create(context: Context, app: App, dyno: DynoOrder, *, detached: bool) -> str:
    container = dyno_spec.create(context, app, dyno)
    context.store.oneoffs.add(
        OneOff(
            app_id=app.id,
            name=dyno.name,
            state=DynoState.STARTING,
            release=dyno.release.version,
            size=dyno.size.name,
            command=dyno.command,
            container=container,
            detached=detached,
            wanted=Wanted.UP,
            since=context.clock.now(),
        )
    )
    return container


def _has_runner(context: Context, app: App, dyno: str) -> bool:
    return locks.holder(_lock(context, app, dyno)) is not None


def _lock(context: Context, app: App, dyno: str) -> Path:
    return context.store.folder(app) / f"{dyno}.lock"
