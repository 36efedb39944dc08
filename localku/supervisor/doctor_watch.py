"""Reads the app's log as it grows and writes beside a failure why it came: `localku[doctor]: …`."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localku.dyno import dyno_lines
from localku.errors import LocalkuError
from localku.logs import line, router_line
from localku.logs.cursor import BEGINNING
from localku.logs.segments import HISTORY_LINES
from localku.states import DynoState

if TYPE_CHECKING:
    from localku.context import Context
    from localku.doctor.evidence import Evidence
    from localku.doctor.finding import Finding
    from localku.logs.line import LogLine
    from localku.logs.progress import Progress
    from localku.records import App, Release

SOURCE, PROC = "localku", "doctor"

POLL = 0.3
"""Real seconds between two looks at the log; a failure's lines have come together by the next one."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Real seconds between two examinations; each that finds nothing new doubles the pause, which what is seen of a dyno
that has ended cuts short."""

SAVE_EVERY = 2.0
"""Real seconds between two times that the place in the log is kept: what was read since is read again."""

MOST = 3
"""Causes told at once: the likeliest."""

PHRASES = (b"Invalid HTTP_HOST", b"Origin checking failed", b"MemoryStore is not", b"does not exist")
"""What an app prints beside a failure that the platform does not see."""

_HINTS = (b" heroku[", *PHRASES)

SEEN = frozenset({"files", "sockets"})
"""Kinds of what is seen of dynos that end. It is kept when it is understood, which may be later than they are gone."""

STATUSES = frozenset({301, 302, 303, 307, 308, 400, 403, 500})
"""Answers of an app that may be a failure: redirects may go in a circle."""

SLOW = 10_000
"""Platform milliseconds of a request that is worth a look."""


class DoctorWatch:
    """Of one running app. It only reads, and what it cannot read or write it leaves alone."""

    def __init__(
        self,
        context: Context,
        app: App,
        gather: Callable[[], tuple[Evidence, ...]],
        since: datetime | None = None,
        progress: Progress | None = None,
    ) -> None:
        """`gather` looks at what there is, without the app's folder. `progress` keeps how far the log was read.

        Where that does not tell, lines in it count from `since` on, or those from now on.
        """
        self._context = context
        self._app = app
        self._gather = gather
        self._log = context.log(app)
        self._progress = progress
        place = progress.load() if progress is not None else None
        self._since = since if place is None else None
        self._cursor = self._log.cursor(place or self._log.end()) if self._since is None else self._log.recent()
        self._saved_at = 0.0
        self._known: set[tuple[int, int, str]] = set()
        self._confessed: set[str] = set()
        self._troubled = False
        self._has_changed = False
        self._seen_to = self._newest_seen()
        self._settled_at = 0.0
        self._looked_at = 0
        self._pause, self._next_look = FIRST_PAUSE, 0.0

    @property
    def troubled(self) -> bool:
        """Whether there is a step to be done though the log has not grown."""
        return self._troubled or self._has_changed

    def app_has_changed(self) -> None:
        """Look whether more was seen of the dynos that have ended. From any thread."""
        self._has_changed = True

    def step(self) -> None:
        """Read what is new in the log; a moment after something that may be a failure, look for its causes."""
        try:
            self._read()
            if self._troubled and time.monotonic() >= self._settled_at and self._may_look():
                self._look()
            self._keep_place()
        except LocalkuError:
            return  # the store or the log is busy or full: the next step tries again
        except Exception as error:  # noqa: BLE001 - a defect of ours is told, and is no trouble of the app's
            self._confess(error)

    def close(self) -> None:
        """Look no more; whoever comes next goes on from here."""
        if not self._troubled:
            self._save()
        self._cursor.close()

    def forget(self) -> None:
        """Look no more, and let whoever comes next begin anew: the app is down."""
        self._cursor.close()
        if self._progress is not None:
            self._progress.forget()

    def _keep_place(self) -> None:
        """Not at each line, and not behind trouble that nobody has looked at."""
        if not self._troubled and time.monotonic() >= self._saved_at + SAVE_EVERY:
            self._save()

    def _save(self) -> None:
        place = self._cursor.place
        if self._progress is not None and place != BEGINNING:
            with suppress(OSError):  # a full disk
                self._progress.save(place)
                self._saved_at = time.monotonic()

    def _read(self) -> None:
        found = self._more_was_seen()
        if found:
            self._next_look = min(self._next_look, time.monotonic() + FIRST_PAUSE)
        for block in self._cursor.blocks():
            found |= tells_of_trouble(block if self._since is None else _from(block, self._since))
        self._since = None
        if found and not self._troubled:
            self._troubled, self._settled_at = True, time.monotonic() + POLL

    def _may_look(self) -> bool:
        """Whether the pause is over; one that an app's old release made long does not hold for a new one."""
        return time.monotonic() >= self._next_look or self._version() != self._looked_at

    def _look(self) -> None:
        version = self._version()
        if version != self._looked_at:
            self._looked_at, self._pause = version, FIRST_PAUSE
        for _ in self._cursor.blocks():
            pass
        self._seen_to = self._newest_seen()
        self._troubled, self._pause = False, min(2 * self._pause, LONGEST_PAUSE)
        try:
            if self.examine():
                self._pause = FIRST_PAUSE
        except LocalkuError:
            self._troubled = True  # this may be the only failure
            raise
        finally:
            self._next_look = time.monotonic() + self._pause

    def _more_was_seen(self) -> bool:
        if not self._has_changed:
            return False
        self._has_changed = False  # before it looks: what is kept meanwhile is looked for again
        try:
            return self._newest_seen() > self._seen_to
        except LocalkuError:
            self._has_changed = True
            raise

    def _newest_seen(self) -> datetime:
        seen = self._context.store.observations.of(self._app)
        return max((one.at for one in seen if one.kind in SEEN), default=datetime.min.replace(tzinfo=UTC))

    def _release(self) -> Release | None:
        return self._context.store.releases.current(self._app)

    def _version(self) -> int:
        release = self._release()
        return release.version if release else 0

    def _confess(self, error: Exception) -> None:
        """Say it once; the next release may be one that can be looked at."""
        self._pause = LONGEST_PAUSE
        self._next_look = time.monotonic() + self._pause
        defect = f"cannot look for causes because of a bug in localku: {error!r}"
        if defect not in self._confessed:
            self._confessed.add(defect)
            with suppress(LocalkuError):
                self._log.write(SOURCE, PROC, defect)

    def examine(self) -> bool:
        """Write what is found and was not told before into the log; whether there was anything."""
        release = self._release()
        version = release.version if release else 0
        new = [finding for finding in self._seen() if (version, finding.number, finding.subject) not in self._known]
        told = {one.message for one in self._said(release)}
        untold = [finding for finding in new if finding.text() not in told]
        for finding in untold[:MOST]:
            self._log.write(SOURCE, PROC, finding.text())
        later = untold[MOST:]
        self._troubled = self._troubled or bool(later)  # the rest comes with the next look, failure or not
        self._known |= {(version, finding.number, finding.subject) for finding in new if finding not in later}
        return bool(untold)

    def _said(self, release: Release | None) -> list[LogLine]:
        """What a doctor before this one has said of the release."""
        lines = self._log.history(HISTORY_LINES, source=SOURCE, proc=PROC)
        return [one for one in lines if release is None or one.time >= release.created_at]

    def _seen(self) -> tuple[Finding, ...]:
        """What has happened; what only stands in the source is for those who ask `localku doctor`."""
        from localku.doctor.causes import diagnose
        from localku.doctor.finding import Level

        found = (finding for evidence in self._gather() for finding in diagnose(evidence))
        return tuple(finding for finding in found if finding.level is not Level.RISK)


def _from(block: bytes, since: datetime) -> bytes:
    """The rows of that moment and later ones: a row begins with its time."""
    first = since.astimezone(UTC).isoformat(timespec="microseconds").encode()
    return b"\n".join(row for row in block.split(b"\n") if row >= first)


def tells_of_trouble(block: bytes) -> bool:
    """Whether a line of them does; most of what an app prints is passed over without looking at each line."""
    if not any(hint in block for hint in _HINTS):
        return False
    return any(_is_trouble(row) for row in block.split(b"\n"))


def _is_trouble(row: bytes) -> bool:
    """Whether it is worth while to look for a reason after this line."""
    if not any(hint in row for hint in _HINTS):
        return False
    served = router_line.glimpse(row)
    if served is not None and not _suspicious(*served):
        return False
    try:
        said = line.parse(row.decode(errors="replace"))
    except LocalkuError:
        return False
    if said.source == "app":
        return any(phrase in row for phrase in PHRASES)
    if said.source != "heroku":
        return False
    return _failed(said.message) if said.proc == "router" else _ended_badly(said.message)


def _failed(message: str) -> bool:
    request = router_line.parse(message)
    if request is None:
        return False
    return request.code != "" or _suspicious(request.status or 0, request.service or 0)


def _suspicious(status: int, service: int) -> bool:
    return status in STATUSES or service >= SLOW


def _ended_badly(message: str) -> bool:
    change = dyno_lines.parse_changed(message)
    crashed = change is not None and change[1] == DynoState.CRASHED
    return crashed or dyno_lines.parse_exited(message) is not None or dyno_lines.parse_error(message) != ""
