"""Log sessions: a link to an app's log, which is sent as events to Heroku's CLI and as plain lines to others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from localku.api import wire
from localku.api.call import Answer, Call, Endpoint
from localku.api.json_values import Json
from localku.errors import Invalid, LocalkuError
from localku.logs.log_session import Filter, LogSession, Shown
from localku.platform import apps, views

if TYPE_CHECKING:
    from starlette.requests import Request

    from localku.api.links.signed_links import Links
    from localku.context import Context

PATH = "/log-sessions"
PURPOSE = "log"
GOOD_FOR = timedelta(hours=24)
"""A client that tails comes again with the link it has."""

LOOK = 0.1
QUIET = 15.0
"""Real seconds between two looks at a log, and after which a client is shown that the connection lives."""

EVENTS = "text/event-stream"
DEFAULT_LINES = 100
MOST_LINES = 1500


@dataclass(frozen=True)
class Wish:
    """What a session was made for."""

    app: str
    lines: int
    tail: bool
    wanted: Filter

    def content(self) -> Mapping[str, Json]:
        return {
            "app": self.app,
            "lines": self.lines,
            "tail": self.tail,
            "source": self.wanted.source,
            "dyno": self.wanted.proc,
        }

    @staticmethod
    def of(content: Mapping[str, Json]) -> Wish:
        return Wish(
            str(content["app"]),
            int(str(content["lines"])),
            content["tail"] is True,
            Filter(_text(content["source"]), _text(content["dyno"])),
        )


def created(call: Call) -> Answer:
    """`POST /apps/{app}/log-sessions`."""
    app, now = call.app(), call.context.clock.now()
    lines = call.body.get("lines")
    if lines is not None and (isinstance(lines, bool) or not isinstance(lines, int) or lines < 0):
        raise Invalid("lines must be a number.", resource="log-session")
    wish = Wish(
        app.uuid,
        DEFAULT_LINES if lines is None else min(lines, MOST_LINES),
        call.flag("tail") or False,
        Filter(call.text_or_none("source"), call.text_or_none("dyno")),
    )
    part = call.links.made(PURPOSE, wish.content(), now + GOOD_FOR)
    moment = views.time(now)
    return Answer(
        {
            "created_at": moment,
            "id": views.part_of("log-session", app, part),
            "logplex_url": f"{call.place.url}{PATH}/{part}",
            "updated_at": moment,
        },
        201,
    )


ENDPOINTS = (Endpoint("POST", "/apps/{app}/log-sessions", created),)


class LogStreams:
    """Serves the links of sessions to whoever has one."""

    def __init__(self, context: Context, links: Links) -> None:
        self._context = context
        self._links = links

    async def serve(self, request: Request) -> Response:
        """`GET /log-sessions/{link}`."""
        try:
            wish = Wish.of(self._links.read(PURPOSE, request.path_params["link"], self._context.clock.now()))
            place = request.headers.get("last-event-id", "")
            session = await run_in_threadpool(self._opened, wish, place)
        except LocalkuError as error:
            return PlainTextResponse(f"{error.message}\n", 404)
        as_events = EVENTS in request.headers.get("accept", "")
        if wish.tail and (connection := wire.of(request)) is not None:
            connection.end_with_connection()
        return StreamingResponse(
            _sent(session, wish, as_events=as_events),
            headers={"Cache-Control": "no-cache"},
            media_type=EVENTS if as_events else "text/plain; charset=utf-8",
        )

    def _opened(self, wish: Wish, place: str) -> LogSession:
        app = apps.identified(self._context, wish.app)
        return self._context.log(app).session(wish.wanted, place)


async def _sent(session: LogSession, wish: Wish, *, as_events: bool) -> AsyncIterator[str]:
    """The history, and new lines as they come where the client tails."""
    try:
        if as_events:
            yield f"retry: {1000 if wish.tail else 1}\n\n"  # else the CLI waits for three seconds at the end
        session.has_grown()
        yield _written(await run_in_threadpool(session.first, wish.lines), as_events=as_events)
        spoken = time.monotonic()
        while wish.tail:
            await asyncio.sleep(LOOK)
            if session.has_grown():
                for part in session.more():
                    yield _written(part, as_events=as_events)
                spoken = time.monotonic()
            elif as_events and time.monotonic() - spoken > QUIET:
                spoken = time.monotonic()
                yield ":\n\n"
    finally:
        session.close()


def _written(shown: Iterable[Shown], *, as_events: bool) -> str:
    if as_events:
        return "".join(f"id: {one.place}\ndata: {one.text}\n\n" for one in shown)
    return "".join(f"{one.text}\n" for one in shown)


def _text(found: Json) -> str | None:
    return found if isinstance(found, str) else None
