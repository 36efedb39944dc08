"""What the causes are judged by: facts about one app at one moment, all of them seen and none supposed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from localku.dyno import dyno_lines, memory_quota
from localku.dyno.dyno_order import ONE_OFF_TYPES
from localku.logs import router_line
from localku.logs.line import is_of_database
from localku.neutral import without_colours
from localku.states import DynoState

if TYPE_CHECKING:
    from localku.doctor.sockets import Listening
    from localku.doctor.tree import Tree
    from localku.logs.line import LogLine

BUILD = "the build"
"""The voice of a build's transcript among those of the dynos."""
ROUTER = "the router"
"""The voice of what was seen of requests."""

LINE = 1000
"""Characters of a line that are read: no message that tells a cause is longer."""

PROCFILE = "Procfile"

MARGIN = timedelta(seconds=1)
"""Between what a dyno prints about a request and the router's line."""

MOST_DIGITS = 9
"""Of a number in a name; a larger one is none of ours."""

BAD_REQUEST, SERVER_ERROR = 400, 500

_NOT_THE_APP = frozenset({"H24", "H26", "H27", "H28", "H80", "H81"})
_UNSERVED = frozenset({"H10", "H11", "H14", "H19", "H20", "H21", "H34", "H99"})


@dataclass(frozen=True)
class Request:
    """One line of the router; times in platform milliseconds, `code` an H-code or empty."""

    time: datetime
    code: str
    method: str
    path: str
    host: str
    dyno: str
    client: str
    protocol: str
    status: int
    connect: int | None
    service: int | None
    line: str

    @property
    def failed(self) -> bool:
        """Whether the visitor got an error that is the app's: not one of the client's making, not maintenance."""
        by_code = bool(self.code) and self.code not in _NOT_THE_APP
        return by_code or (not self.code and (self.status >= SERVER_ERROR or self.status == BAD_REQUEST))

    @property
    def began(self) -> datetime:
        """When the dyno was given it, or earlier where the platform's time runs faster."""
        return self.time - timedelta(milliseconds=self.service or 0)

    @property
    def unserved(self) -> bool:
        """Whether there was no dyno to give it to."""
        return self.code in _UNSERVED


@dataclass(frozen=True)
class Run:
    """A dyno from one launch to its end: what it printed, what `heroku` said; `status` None while it runs."""

    dyno: str
    printed: tuple[str, ...]
    said: tuple[str, ...]
    status: int | None

    @property
    def type(self) -> str:
        return self.dyno.partition(".")[0]

    @property
    def crashed(self) -> bool:
        return _has_crashed(self.said)

    @property
    def came_up(self) -> bool:
        return any(_became(line, DynoState.UP) for line in self.said)

    @property
    def command(self) -> str:
        """What `heroku` said it starts."""
        return next(filter(None, map(dyno_lines.parse_starting, self.said)), "")


@dataclass(frozen=True)
class Listened:
    """Where a web dyno listened, and the port it was given."""

    dyno: str
    port: int
    sockets: tuple[Listening, ...]


@dataclass(frozen=True)
class Written:
    """A file a dyno wrote that is gone, or goes with its next restart; `kind` as `reset-fs` names it."""

    dyno: str
    path: str
    kind: str
    gone: bool


@dataclass(frozen=True)
class Evidence:
    """`types` are the slug's process types, `quantities` the formation, `sizes` name and quota in MB of a type.

    `config` holds the names of the config vars and no value. `log` begins with the release that is current.
    `env_file` holds the names in `.env`. `transcript` is a failed build's, else empty; `refusal` what localku itself
    said of why it failed, and the hint; `failed_release` the
    newest release where its phase failed, such as `v5`. `crashing` are the dynos that crashed and have not stayed
    up since. `buildpacks` are those the app asks for, `newer` the dependency files that changed after its slug
    was made. `utc_offset` is this machine's, in minutes.
    """

    app: str
    tree: Tree
    types: Mapping[str, str] = field(default_factory=dict)
    has_slug: bool = False
    slug_size: int = 0
    quantities: Mapping[str, int] = field(default_factory=dict)
    sizes: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    config: frozenset[str] = frozenset()
    has_database: bool = False
    buildpacks: tuple[str, ...] = ()
    log: tuple[LogLine, ...] = ()
    transcript: tuple[str, ...] = ()
    listened: tuple[Listened, ...] = ()
    written: tuple[Written, ...] = ()
    env_file: frozenset[str] = frozenset()
    refusal: tuple[str, str] | None = None
    failed_release: str = ""
    crashing: frozenset[str] = frozenset()
    newer: frozenset[str] = frozenset()
    utc_offset: int = 0

    @cached_property
    def voices(self) -> tuple[tuple[str, str], ...]:
        """Who printed what, as text: the build, then each dyno, the newest first."""
        return tuple(self._voices())

    @cached_property
    def output(self) -> str:
        """What a failed build printed, as text."""
        return "\n".join(without_colours(line[:LINE]) for line in self.transcript)

    def _voices(self) -> Iterator[tuple[str, str]]:
        if self.transcript:
            yield BUILD, self.output
        printed: dict[str, list[str]] = {}
        for line in self.log:
            if line.source == "app" and line.proc != "api" and not is_of_database(line):
                printed.setdefault(line.proc, []).append(without_colours(line.message[:LINE]))
        for dyno in sorted(printed, key=self._last, reverse=True):
            yield dyno, "\n".join(printed[dyno])

    def _last(self, dyno: str) -> datetime:
        return max(line.time for line in self.log if line.proc == dyno)

    def search(self, *patterns: str) -> Iterator[tuple[str, re.Match[str], str]]:
        """Yield (voice, match, the matching line) for the last match of each pattern in each voice."""
        for voice, text in self.voices:
            for pattern in patterns:
                found = list(re.finditer(pattern, text, re.MULTILINE))
                if found:
                    yield voice, found[-1], _line_at(text, found[-1])

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Every launch in the log, oldest first."""
        found: list[Run] = []
        for dyno in dict.fromkeys(line.proc for line in self.log if line.source == "heroku"):
            if "." in dyno:
                found += _runs(dyno, [line for line in self.log if line.proc == dyno])
        return tuple(found)

    def failures(self) -> tuple[Run, ...]:
        """Runs that ended badly, one per dyno, the last one of each."""
        return tuple({run.dyno: run for run in self.runs if run.crashed or (run.status and _is_one_off(run))}.values())

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        return tuple(
            found
            for line in self.log
            if line.source == "heroku" and line.proc == "router" and (found := _request(line)) is not None
        )

    def memory(self) -> Mapping[str, tuple[int, float]]:
        """Peak MB and per cent of the quota, of each dyno that went above it."""
        peaks: dict[str, tuple[int, float]] = {}
        for line in self.log:
            used = memory_quota.parse_running(line.message) if line.source == "heroku" else None
            if used is not None:
                peaks[line.proc] = max(peaks.get(line.proc, (0, 0.0)), used)
        return peaks

    @cached_property
    def ailing(self) -> tuple[Run, ...]:
        """The last bad end of each dyno that has not recovered since; of what `localku run` started, none."""
        lives: dict[str, list[Run]] = {}
        for run in self.runs:
            if run.type != "run" and self._is_wanted(run.dyno):
                lives.setdefault(run.command if _is_one_off(run) else run.dyno, []).append(run)
        return tuple(filter(None, map(self._last_bad, lives.values())))

    def _is_wanted(self, dyno: str) -> bool:
        """Whether the formation has not been scaled down below it."""
        kind, _, number = dyno.partition(".")
        if kind in ONE_OFF_TYPES or kind not in self.quantities or not number.isdecimal():
            return True
        return int(number[:MOST_DIGITS]) <= self.quantities[kind]

    def _last_bad(self, life: list[Run]) -> Run | None:
        bad = [run for run in life if run.crashed or (run.status and _is_one_off(run))]
        if not bad or bad[-1] is life[-1]:
            return bad[-1] if bad else None
        tries_again = life[-1].status is None and not life[-1].came_up
        return bad[-1] if tries_again or bad[-1].dyno in self.crashing else None

    @cached_property
    def refused(self) -> tuple[Request, ...]:
        """The last request to each address that ended in an error, unless the app was only not up yet."""
        last = {(one.method, one.path.partition("?")[0]): one for one in self.requests}
        served = max((one.time for one in self.requests if not one.failed and one.dyno), default=None)
        return tuple(one for one in last.values() if one.failed and not (one.unserved and served and one.time < served))

    def suffers(self, voice: str) -> bool:
        """Whether it ended badly and has not recovered: the build, a dyno, or a request that a dyno was given."""
        bad = {run.dyno for run in self.ailing} | self.crashing | {one.dyno for one in self.refused}
        return voice in {BUILD, ROUTER} or voice in bad

    def bears_on(self, voice: str, said: tuple[str, ...]) -> bool:
        """Whether it suffers and that may be why: it was said in the life that ended badly, or during such a request.

        What is in nothing that the voice printed was seen in another way.
        """
        if voice in {BUILD, ROUTER} or not self.suffers(voice):
            return voice in {BUILD, ROUTER}
        heard = [line for line in self.log if line.proc == voice and _holds(line.message, said)]
        dying = {text for run in self.ailing if run.dyno == voice for text in (*run.printed, *run.said)}
        refused = [one for one in self.refused if one.dyno == voice]
        return not heard or any(
            line.message[:LINE] in dying or any(one.began - MARGIN <= line.time <= one.time + MARGIN for one in refused)
            for line in heard
        )

    def sufferer(self, kind: str) -> str:
        """A dyno of the process type that `suffers`, or ""."""
        dynos = [*(run.dyno for run in self.ailing), *sorted(self.crashing), *(one.dyno for one in self.refused)]
        return next((dyno for dyno in dynos if dyno.partition(".")[0] == kind), "")

    def declared(self, *kinds: str) -> str:
        """Where the commands of these process types stand: in the Procfile, or in the slug alone.

        That is the buildpack's default, or what a Procfile said that has been changed since.
        """
        known = [kind for kind in kinds if kind in self.types]
        if not known:
            return ""
        in_slug_alone = self.tree.files and not any(self._names_in_procfile(kind) for kind in known)
        place = f"the slug, not the {PROCFILE}" if in_slug_alone else PROCFILE
        return f"{place}, " + "; ".join(f"`{kind}: {self.types[kind]}`" for kind in known)

    def _names_in_procfile(self, kind: str) -> bool:
        return re.search(rf"(?m)^{re.escape(kind)}\s*:", self.tree.texts.get(PROCFILE, "")) is not None

    def uses(self, package: str) -> bool:
        """Whether the app's dependency files name the package, Python's or Node's."""
        return package.lower().replace("_", "-") in self.tree.python or package in self.tree.node


def _holds(message: str, said: tuple[str, ...]) -> bool:
    plain = without_colours(message[:LINE])
    return any(text in plain for text in said if text)


def _line_at(text: str, match: re.Match[str]) -> str:
    """The last whole line the match reaches into."""
    end = text.find("\n", match.end())
    begin = text.rfind("\n", 0, match.end()) + 1
    return text[begin : end if end >= 0 else len(text)].strip()


def _runs(dyno: str, lines: Iterable[LogLine]) -> Iterator[Run]:
    printed: list[str] = []
    said: list[str] = []
    status: int | None = None
    for line in lines:
        if line.source == "heroku" and dyno_lines.parse_starting(line.message) is not None and said:
            yield Run(dyno, tuple(printed), tuple(said), status)
            printed, said, status = [], [], None
        if line.source == "heroku":
            said.append(line.message)
            ended = dyno_lines.parse_exited(line.message)
            if ended is not None and not _has_crashed(said):  # else the old dyno's, gone only now
                status = ended
        elif line.source == "app":
            printed.append(line.message[:LINE])
    if said or printed:
        yield Run(dyno, tuple(printed), tuple(said), status)


def _has_crashed(said: Iterable[str]) -> bool:
    return any(_became(line, DynoState.CRASHED) for line in said)


def _became(message: str, state: DynoState) -> bool:
    change = dyno_lines.parse_changed(message)
    return change is not None and change[1] == state


def _is_one_off(run: Run) -> bool:
    return run.type in ONE_OFF_TYPES


def _request(line: LogLine) -> Request | None:
    told = router_line.parse(line.message)
    if told is None:
        return None
    return Request(
        time=line.time,
        code=told.code,
        method=told.method,
        path=told.path,
        host=told.host,
        dyno=told.dyno,
        client=told.client,
        protocol=told.protocol,
        status=told.status or 0,
        connect=told.connect,
        service=told.service,
        line=line.message,
    )
