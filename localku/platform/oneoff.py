"""One-off dynos: `run.1234` and `release.1234`, one process to its end, never restarted."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from localku.engine import labels
from localku.engine.containers import Container
from localku.logs.assembler import Assembler
from localku.logs.store import AppLog
from localku.platform import addons, dyno_spec, locks, sizes
from localku.platform.context import Context
from localku.platform.dyno_spec import DynoOrder
from localku.store.records import App, Release, Slug

TYPES = frozenset({"run", "release"})
"""Types of dynos that no formation has."""

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
    containers = context.engine.containers
    with attached(context, app, dyno) as container:
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
    """Make (not start) the container of a one-off dyno, and take it away after; others' leftovers too."""
    addons.ensure_running(context, app)
    for left in context.engine.containers.find({**context.labels(app, labels.ROLE_DYNO), labels.TYPE: dyno.type}):
        remove_if_orphan(context, left)
    lock = _lock(context, app.name, dyno.name)
    with locks.held(lock, f"{dyno.name} exists already."):
        container = dyno_spec.create(context, app, dyno)
        try:
            yield container
        finally:
            context.engine.containers.remove(container)
            lock.unlink(missing_ok=True)


def is_orphan(context: Context, container: Container) -> bool:
    """Whether the localku that ran this one-off dyno is gone: it held the dyno's lock."""
    return locks.holder(_lock(context, container.labels[labels.APP], container.labels[labels.DYNO])) is None


def remove_if_orphan(context: Context, container: Container) -> None:
    """Take away what a killed `localku run` left: on Heroku too a one-off dyno ends with its client."""
    if is_orphan(context, container):
        context.engine.containers.remove(container.id)
        _lock(context, container.labels[labels.APP], container.labels[labels.DYNO]).unlink(missing_ok=True)


def _lock(context: Context, app_name: str, dyno: str) -> Path:
    return context.store.folder(app_name) / f"{dyno}.lock"
