"""One-off dynos: `run.1234` and `release.1234`, one process to its end, never restarted."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from localku.logs.assembler import Assembler
from localku.logs.store import AppLog
from localku.platform import addons, dyno_spec, locks, sizes
from localku.platform.context import Context
from localku.platform.dyno_spec import DynoOrder
from localku.store.records import App, Release, Slug

Heard = Callable[[bytes], None]


def new_name(kind: str) -> str:
    """`run.1234`: four random digits, as Heroku numbers them today (reference/heroku-runtime.md §1.4)."""
    return f"{kind}.{secrets.randbelow(9000) + 1000}"


def order(kind: str, command: str, release: Release, slug: Slug, *, size: str = sizes.DEFAULT) -> DynoOrder:
    """Order a one-off dyno; a command that starts with a process type's name runs that type's command."""
    first, space, rest = command.partition(" ")
    return DynoOrder(
        name=new_name(kind),
        command=f"{slug.process_types[first]}{space}{rest}" if first in slug.process_types else command,
        size=sizes.named(size),
        release=release,
        slug=slug,
        port=dyno_spec.random_port(),
    )


def run_logged(context: Context, app: App, dyno: DynoOrder, heard: Heard) -> int:
    """Run the dyno to its end, its output in the app's log and to `heard`; return its exit status."""
    log = context.log(app)
    addons.ensure_running(context, app)
    containers = context.engine.containers
    container = containers.create(dyno_spec.spec(context, app, dyno))
    try:
        output = containers.attach(container)
        announce(log, dyno)
        containers.start(container)
        log.write("heroku", dyno.name, "State changed from starting to up")
        lines = Assembler()
        for _, chunk in output:
            heard(chunk)
            for line in lines.feed(chunk):
                log.write("app", dyno.name, line)
        for line in lines.flush():
            log.write("app", dyno.name, line)
        status = containers.wait(container)
    finally:
        containers.remove(container)
    finish(log, dyno, status)
    return status


def announce(log: AppLog, dyno: DynoOrder) -> None:
    log.write("app", "api", f"Starting process with command `{dyno.command}` by user localku")
    log.write("heroku", dyno.name, f"Starting process with command `{dyno.command}`")


def finish(log: AppLog, dyno: DynoOrder, status: int) -> None:
    log.write("heroku", dyno.name, f"Process exited with status {status}")
    log.write("heroku", dyno.name, "State changed from up to complete")


@contextmanager
def attached(context: Context, app: App, dyno: DynoOrder) -> Iterator[str]:
    """Make (not start) the container of an attached one-off dyno, and take it away after."""
    addons.ensure_running(context, app)
    lock = context.store.folder(app.name) / f"{dyno.name}.lock"
    with locks.held(lock, f"{dyno.name} exists already."):
        container = context.engine.containers.create(dyno_spec.spec(context, app, dyno))
        try:
            yield container
        finally:
            context.engine.containers.remove(container)
            lock.unlink(missing_ok=True)
