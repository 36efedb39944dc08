"""Which lines of the log are a release's own: an old dyno goes on printing after a new release was made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from localku.dyno import dyno_lines
from localku.logs import api_lines, router_line
from localku.states import DynoState

if TYPE_CHECKING:
    from localku.logs.line import LogLine
    from localku.logs.router_line import RouterLine
    from localku.records import Release

_NEVER = datetime.max.replace(tzinfo=UTC)


def of_release(lines: tuple[LogLine, ...], release: Release | None, scale: float = 1.0) -> tuple[LogLine, ...]:
    """The lines since the release was made, without those of dynos that it did not start.

    Its release phase runs beside the dynos of the release before. `scale` is how many of the router's
    milliseconds pass in a real one.
    """
    if release is None:
        return lines
    since = tuple(line for line in lines if line.time >= release.created_at)
    made = next((line.time for line in since if _tells_of(line, release)), None)
    if made is None:  # the log keeps so many lines, and the release is older than all of them
        return since
    started = _first(since, lambda line: _starts(line) and (line.time >= made or line.proc.startswith("release.")))
    up = _first(since, lambda line: _came_up(line) and line.time >= started.get(line.proc, _NEVER))
    echoes = frozenset(_echoes(lines, started))
    return tuple(line for line in since if _belongs(line, started, up, scale) and line not in echoes)


def _first(lines: Iterable[LogLine], wanted: Callable[[LogLine], bool]) -> Mapping[str, datetime]:
    """When `heroku` first said so of each dyno."""
    found: dict[str, datetime] = {}
    for line in lines:
        if line.source == "heroku" and line.proc not in found and wanted(line):
            found[line.proc] = line.time
    return found


def _echoes(lines: tuple[LogLine, ...], started: Mapping[str, datetime]) -> Iterator[LogLine]:
    """Yield what a dyno's predecessor has probably printed: it was told to stop, and takes its time.

    No line says which of the two has printed it. What was printed before, too, is taken for the old one's until that
    has ended; unless the new one crashes, and this may be why.
    """
    for dyno, start in started.items():
        own = [line for line in lines if line.proc == dyno]
        before = [line for line in own if line.time < start]
        after = [line for line in own if line.time >= start]
        if _has_ended(before) or any(_crashed(line) for line in after):
            continue
        end = next((line.time for line in after if _exited(line)), _NEVER)
        said = {line.message for line in before if line.source == "app"}
        yield from (line for line in after if line.source == "app" and line.time <= end and line.message in said)


def _has_ended(lines: list[LogLine]) -> bool:
    """Whether the last dyno they tell of has."""
    told = [line for line in lines if _starts(line) or _exited(line)]
    return bool(told) and _exited(told[-1])


def _starts(line: LogLine) -> bool:
    return dyno_lines.parse_starting(line.message) is not None


def _came_up(line: LogLine) -> bool:
    change = dyno_lines.parse_changed(line.message)
    return change is not None and change[1] == DynoState.UP


def _crashed(line: LogLine) -> bool:
    change = dyno_lines.parse_changed(line.message)
    return change is not None and change[1] == DynoState.CRASHED


def _exited(line: LogLine) -> bool:
    return dyno_lines.parse_exited(line.message) is not None


def _tells_of(line: LogLine, release: Release) -> bool:
    return line.proc == "api" and api_lines.parse_release_created(line.message) == release.version


def _belongs(line: LogLine, started: Mapping[str, datetime], up: Mapping[str, datetime], scale: float) -> bool:
    if line.source == "heroku" and line.proc == "router":
        asked = router_line.parse(line.message)
        return asked is None or not asked.dyno or _began(line, asked, scale) >= up.get(asked.dyno, _NEVER)
    if line.source in {"app", "heroku"} and "." in line.proc:
        return line.time >= started.get(line.proc, _NEVER)
    return True


def _began(line: LogLine, asked: RouterLine, scale: float) -> datetime:
    """When the dyno was given the request; a server that was told to stop breaks off what it has begun."""
    return line.time - timedelta(milliseconds=(asked.service or 0) / scale)
