"""What the database said while a dyno answered 500: a framework may keep its traceback to itself, as Django does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from localku.context import Context
from localku.errors import LocalkuError
from localku.logs.line import LogLine
from localku.platform.addons import addon_servers
from localku.records import App

MARGIN = timedelta(seconds=0.5)
_STAMPED = re.compile(
    r"(?m)^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,6}) UTC \[\d+\] (?:\[\d+\]  sql_error_code = \w{5} )?"
    r"(ERROR: .*?)(?: at character \d+)?$"
)
_ANSWERED = re.compile(r" dyno=(\S+) connect=\S* service=(\d{1,9})ms status=500 ", re.ASCII)


def errors(context: Context, app: App, since: datetime) -> Iterator[tuple[datetime, str]]:
    """What the app's databases that run have refused."""
    for addon in context.store.addons.of(app):
        try:
            text = context.engine.containers.last_output(addon_servers.container(addon), since)
        except LocalkuError:
            continue
        for moment, message in _STAMPED.findall(text):
            with suppress(ValueError):  # a moment that is none was put there by the app
                yield datetime.fromisoformat(moment).replace(tzinfo=UTC), message


def overheard(log: tuple[LogLine, ...], said: Iterable[tuple[datetime, str]], scale: float) -> Iterator[LogLine]:
    """Put what the database refused while a dyno worked on an answer of 500 in the mouth of that dyno."""
    answers = [(line, match) for line in log if line.proc == "router" and (match := _ANSWERED.search(line.message))]
    for moment, message in said:
        for line, match in answers:
            began = line.time - timedelta(milliseconds=int(match[2]) / scale)
            if began - MARGIN <= moment <= line.time + MARGIN:
                yield replace(line, time=moment, source="app", proc=match[1], message=message)
                break
