"""One-off dynos: `run.1234`, `release.1234`, `scheduler.1234`: one process to its end, never restarted."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from localku.context import Context
from localku.dyno import dyno_lines as lines
from localku.dyno import dyno_sizes, dyno_spec, memory_quota
from localku.dyno.dyno_order import DynoOrder
from localku.dyno.oneoff_monitor import Client, OneOffMonitor
from localku.engine import labels
from localku.errors import CLIENT, Kind, LocalkuError
from localku.logs.app_log import AppLog
from localku.logs.assembler import Assembler
from localku.platform.dynos import oneoff_runners
from localku.records import App, OneOff, Release, Slug
from localku.states import DynoState, Wanted
from localku.telling import Say

MOST, MOST_PERFORMANCE = 50, 5
"""`run` dynos of an app at the same time, small ones and performance ones (Dev Center, "One-Off Dynos")."""

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
    """Run the dyno in the care of the server, which survives whoever calls this."""
    _make_room(context, app, dyno)
    container = _create(context, app, dyno)
    try:
        announce(context.log(app), dyno, user=user)
        context.store.oneoffs.detach(app, dyno.name)
        context.keep_detached(context)
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
def monitored(
    context: Context, app: App, dyno: OneOff, client: Client | None = None, woken: threading.Event | None = None
) -> Iterator[OneOffMonitor]:
    """Mind a dyno whose container runs, until the block ends."""
    if dyno.state is DynoState.STARTING:
        context.store.oneoffs.set_state(app, dyno.name, DynoState.UP, context.clock.now())
        context.log(app).write("heroku", dyno.name, lines.changed(DynoState.STARTING, DynoState.UP))
    monitor = OneOffMonitor(context, app, dyno, client, woken)
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
        oneoff_runners.adopt_or_remove(context, left)
    _make_room(context, app, dyno)
    with oneoff_runners.held(context, app, dyno.name):
        container = _create(context, app, dyno)
        try:
            yield container
        finally:
            found = context.store.oneoffs.named(app, dyno.name)
            if found is None or not found.detached:
                oneoff_runners.remove(context, app, dyno.name, container)


def _make_room(context: Context, app: App, dyno: DynoOrder) -> None:
    """Raise LocalkuError, in Heroku's words, where the app has too many one-off dynos already."""
    big = _is_big(dyno.size.name)
    most = MOST_PERFORMANCE if big else MOST
    rivals = [one for one in oneoff_runners.running(context, app) if one.type == "run" and _is_big(one.size) == big]
    if dyno.type == "run" and len(rivals) >= most:
        raise LocalkuError(
            f"Cannot run more than {most} {dyno.size.shown} size dynos.",
            f"`{CLIENT} ps:stop run` stops them all.",
            kind=Kind.INVALID,
            resource="dyno",
        )


def _is_big(size: str) -> bool:
    return size.startswith("performance-")


def _create(context: Context, app: App, dyno: DynoOrder) -> str:
    container = dyno_spec.create(context, app, dyno)
    try:
        context.store.oneoffs.add(
            OneOff(
                app_id=app.id,
                name=dyno.name,
                state=DynoState.STARTING,
                release=dyno.release.version,
                size=dyno.size.name,
                command=dyno.command,
                container=container,
                detached=False,
                wanted=Wanted.UP,
                since=context.clock.now(),
            )
        )
    except LocalkuError:  # a full disk
        context.engine.containers.remove(container)
        raise
    return container
