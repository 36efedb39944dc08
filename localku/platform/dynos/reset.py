"""The verb `reset-fs`: what the dynos wrote and would lose, and fresh dynos in their place."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from localku.context import Context
from localku.ephemeral.kinds import ADVICE
from localku.ephemeral.report import Report
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform.dynos import filesystem
from localku.platform.dynos.filesystem import Look
from localku.platform.dynos.running import is_running
from localku.records import App, DynoRecord
from localku.states import DynoState

FRESH_SECONDS = 90.0
"""Real seconds for fresh dynos to come up."""

LOOK = 0.02
"""Real seconds between two looks at whether they have."""

SETTLED = frozenset({DynoState.UP, DynoState.CRASHED})

LOOKS_AT_ONCE = 6
"""So many dynos are looked through at the same time."""


@dataclass(frozen=True)
class Seen:
    """What each of the dynos had written, in one order."""

    dynos: tuple[DynoRecord, ...]
    looks: tuple[Look, ...]

    @property
    def reports(self) -> tuple[Report, ...]:
        return tuple(look.report for look in self.looks)

    @property
    def missed(self) -> tuple[str, ...]:
        """`DYNO:PATH` of everything worth keeping."""
        return tuple(f"{one.dyno}:{entry.path}" for one in self.reports for entry in one.missed)


@dataclass(frozen=True)
class Reset:
    """`dynos` are fresh after so many `seconds`; `status` is what `GET /` gave then, None where nothing answered.

    `DYNO:PATH` of what the fresh dynos have again: as it was, and with other content.
    """

    dynos: tuple[str, ...]
    seconds: float
    has_web: bool
    status: int | None
    written_again: tuple[str, ...]
    written_otherwise: tuple[str, ...]


def look(context: Context, app: App, dyno: str | None = None, ignore: Iterable[str] = ()) -> Seen:
    """Look through the running dynos, or one, or those of a type; `ignore` are globs of paths to leave out."""
    records = filesystem.running(context, app, dyno)
    if not records:
        raise LocalkuError(
            f"No dyno of {app.name} is running.", f"`{CLIENT} up` starts it.", kind=Kind.NOT_FOUND, resource="dyno"
        )
    files, globs = filesystem.Files(context, app), tuple(ignore)
    with ThreadPoolExecutor(LOOKS_AT_ONCE) as together:
        return Seen(records, tuple(together.map(lambda record: files.look(record, globs), records)))


@dataclass(frozen=True)
class Begun:
    """Those dynos are on their way out, since this moment of real time."""

    seen: Seen
    at: float


def begin(context: Context, app: App, seen: Seen) -> Begun:
    """Want fresh dynos in place of those; whoever runs the app starts them."""
    if is_running(context, app) is None:
        raise LocalkuError(
            f"The dynos of {app.name} are unsupervised.",
            f"`{CLIENT} up` adopts them.",
            kind=Kind.CONFLICT,
            resource="app",
        )
    at = time.monotonic()
    for record in seen.dynos:
        context.store.dynos.ask_restart(app, record.name)
    return Begun(seen, at)


def finish(context: Context, app: App, begun: Begun) -> Reset:
    """Wait for the fresh dynos, and compare what they have again."""
    fresh = _wait_fresh(context, app, begun.seen.dynos)
    again, otherwise = _written_again(context, fresh, begun.seen.looks)
    has_web = any(record.type == "web" for record in fresh)
    status = _answers(app) if has_web else None
    names = tuple(record.name for record in fresh)
    return Reset(names, time.monotonic() - begun.at, has_web, status, again, otherwise)


def _wait_fresh(context: Context, app: App, records: tuple[DynoRecord, ...]) -> tuple[DynoRecord, ...]:
    """Wait until each dyno runs in another container than before."""
    old = {record.name: record.container for record in records}
    deadline = time.monotonic() + FRESH_SECONDS
    while time.monotonic() < deadline:
        now = tuple(record for record in context.store.dynos.of(app.id) if record.name in old)
        if all(record.container != old[record.name] and record.state in SETTLED for record in now):
            _refuse_crashed(app, [record.name for record in now if record.state is DynoState.CRASHED])
            return now
        time.sleep(LOOK)
    raise LocalkuError("The new dynos did not come up in time.", f"Why: {CLIENT} logs -a {app.name}")


def _refuse_crashed(app: App, crashed: list[str]) -> None:
    if crashed:
        raise LocalkuError(
            f"{', '.join(crashed)} did not come up again without those files.",
            f"The app needs something it wrote itself: {CLIENT} logs -a {app.name} --ps {crashed[0]}",
        )


def _written_again(
    context: Context, fresh: tuple[DynoRecord, ...], looks: tuple[Look, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Paths, of files that matter, which fresh dynos have again: with the same content, and with another."""
    before = {look.report.dyno: look for look in looks}
    again: list[str] = []
    otherwise: list[str] = []
    for record in fresh:
        seen = before[record.name]
        told = [one for one in seen.report.entries if one.worth_keeping or (one.returns and ADVICE[one.kind].keep)]
        asked = {entry.path: entry.change for entry in told if entry.change != "deleted"}
        for path, digest in filesystem.digests(context, record.container or "", asked).items():
            if path in seen.traces and seen.traces[path].digest == digest:
                again.append(f"{record.name}:{path}")
            elif asked[path] == "added":  # a changed one is the slug's again
                otherwise.append(f"{record.name}:{path}")
    return tuple(again), tuple(otherwise)


def _answers(app: App) -> int | None:
    """Ask the app for `/` through the router; None when there is no answer at all."""
    import http.client  # which takes long, and nobody waits any more by now

    if app.port is None:
        return None
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)
    try:
        connection.request("GET", "/", headers={"Host": f"{app.name}.localhost:{app.port}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
