"""Which lines of the log are a release's own: an old dyno goes on printing after a new release was made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from localku.logs.line import LogLine
from localku.store.records import Release

_UP = " to up"
_NEVER = datetime.max.replace(tzinfo=UTC)
_ASKED = re.compile(r" dyno=(\S+) connect=")
_SERVICE = re.compile(r" service=(\d{1,9})ms ", re.ASCII)


def of_release(lines: tuple[LogLine, ...], release: Release | None, scale: float = 1.0) -> tuple[LogLine, ...]:
    """The lines since the release was made, without those of dynos that it did not start.

    Its release phase runs beside the dynos of the release before. `scale` is how many of the router's
    milliseconds pass in a real one.
    """
    if release is None:
        return lines
    since = tuple(line for line in lines if line.time >= release.created_at)
    done = f"Release v{release.version} created by "
    made = next((line.time for line in since if line.proc == "api" and line.message.startswith(done)), None)
    if made is None:  # the log keeps so many lines, and the release is older than all of them
        return since
    started = _first(since, lambda line: _starts(line) and (line.time >= made or line.proc.startswith("release.")))
    up = _first(since, lambda line: line.message.endswith(_UP) and line.time >= started.get(line.proc, _NEVER))
    return tuple(line for line in since if _belongs(line, started, up, scale))


def _first(lines: Iterable[LogLine], wanted: Callable[[LogLine], bool]) -> Mapping[str, datetime]:
    """When `heroku` first said so of each dyno."""
    found: dict[str, datetime] = {}
    for line in lines:
        if line.source == "heroku" and line.proc not in found and wanted(line):
            found[line.proc] = line.time
    return found


def _starts(line: LogLine) -> bool:
    return line.message.startswith("Starting process with command")


def _belongs(line: LogLine, started: Mapping[str, datetime], up: Mapping[str, datetime], scale: float) -> bool:
    if line.source == "heroku" and line.proc == "router":
        asked = _ASKED.search(line.message)
        return asked is None or _began(line, scale) >= up.get(asked[1], _NEVER)
    if line.source in {"app", "heroku"} and "." in line.proc:
        return line.time >= started.get(line.proc, _NEVER)
    return True


def _began(line: LogLine, scale: float) -> datetime:
    """When the dyno was given the request; a server that was told to stop breaks off what it has begun."""
    service = _SERVICE.search(line.message)
    return line.time - timedelta(milliseconds=int(service[1]) / scale if service else 0)
