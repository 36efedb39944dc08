"""One request and its response: find a dyno, send, relay, and say in one line how it went."""

from __future__ import annotations

import asyncio
import logging

from localku.router import answers, tunnel
from localku.router import response as responses
from localku.router.bodies import take
from localku.router.codes import H12, H13, H17, H18, H24, H27, H28, H99, Failed
from localku.router.connection import Connection
from localku.router.desk import Desk, NoSuchApp, Search
from localku.router.download import Download
from localku.router.guard import Guard
from localku.router.headers import Origin, request_id, to_client, to_dyno
from localku.router.idle import IdleWatch
from localku.router.lines import Malformed
from localku.router.record import Record
from localku.router.request import Framing, Request, framing, wants_continue
from localku.router.response import SWITCHING, Response
from localku.router.routes import Route
from localku.router.upload import Upload

_log = logging.getLogger(__name__)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Stale(Exception):
    """The dyno closed a connection without a byte of response."""


class Exchange:
    def __init__(self, desk: Desk, client: Connection, request: Request, origin: Origin, route: Route) -> None:
        self.desk = desk
        self.client = client
        self.request = request
        self.origin = origin
        self.route = route
        self.record = Record(request, origin, request_id(request))
        self.began = desk.dynos.time()
        self._sent_at: float | None = None
        self._answered = False  # some of the dyno's response is with the client
        self._dyno: Connection | None = None
        self._uploading: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._idle: IdleWatch | None = None
        self._framing = Framing()
        self._upload = Upload(client, self._framing)
        self._again = False  # not before the end of the request's body is known

    async def run(self) -> bool:
        """Answer the request; whether the client's connection can carry another one. Raises NoSuchApp."""
        known = True
        try:
            with Guard() as guard:
                self.client.on_end = lambda: guard.interrupt(Failed(H27))
                await self._run(guard)
        except Failed as failed:
            self._fail(failed)
        except NoSuchApp:
            known = False
            raise
        except asyncio.CancelledError:
            self._end(Failed(H24))
            raise
        except Exception:  # noqa: BLE001 - a defect of ours is Heroku's H99, and no reason to drop the other requests
            _log.exception("request %s", self.record.ident)
            self._fail(Failed(H99))
        finally:
            self._release()
            if known:
                self.desk.log.line(self.route.app, self.record.line())
        return self._again

    async def _run(self, guard: Guard) -> None:
        if self.client.ended:
            raise Failed(H27)
        self._framing = framing(self.request)
        self._upload = Upload(self.client, self._framing)
        self._again = self.request.keep_alive and not self._framing.ambiguous
        with self.desk.place(self.route):
            expects = wants_continue(self.request)
            search = Search(self.desk, self.request.host, self.record, self.began, self.route)
            dyno, response = await self._ask(search, guard, expects=expects)
            self.record.status = response.status
            if response.status == SWITCHING:
                await self._switch(dyno, response)
            else:
                await self._relay(dyno, response, search)
            self._stop()

    # The request

    async def _ask(self, search: Search, guard: Guard, *, expects: bool) -> tuple[Connection, Response]:
        """Send the request to a dyno and wait for the head of its response."""
        limits = self.desk.limits
        can_repeat = self.request.repeatable and not self._framing.body
        youngest = limits.dyno_keep_alive if can_repeat else limits.dyno_reuse_unsafe
        while True:
            dyno = self._dyno = await search.connection(youngest)
            self._idle = IdleWatch(limits.idle, self.client, dyno, guard)
            self._send(dyno, guard, expects=expects)
            try:
                return dyno, await self._head(dyno)
            except Stale:
                if not (search.reused and can_repeat):
                    raise Failed(H13) from None
                youngest = 0.0
                self._stop()
                dyno.abort()

    def _send(self, dyno: Connection, guard: Guard, *, expects: bool) -> None:
        head = to_dyno(self.request, self._framing, self.origin, self.record.ident, keep_alive=self.route.keep_alive)
        self._sent_at = self.desk.dynos.time()
        body = self._upload.step()
        dyno.write(head + body)
        if self._upload.done:
            self._expect_first_byte(guard)
            return
        if expects and not body:
            self.client.write(_CONTINUE)
        self._watch(uploading=True)
        self._uploading = asyncio.create_task(self._upload.run(dyno))
        self._uploading.add_done_callback(lambda task: self._uploaded(task, guard))

    def _uploaded(self, task: asyncio.Task[None], guard: Guard) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, Exception):
            guard.interrupt(error)
            return
        if self._idle is not None:
            self._idle.uploading = False
        if not self._answered and self._dyno is not None and not self._dyno.buffer:
            if self._idle is not None:
                self._idle.stop()
            self._expect_first_byte(guard)

    def _expect_first_byte(self, guard: Guard) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.desk.limits.first_byte, guard.interrupt, Failed(H12))

    def _watch(self, *, uploading: bool) -> None:
        if self._idle is not None:
            self._idle.uploading = uploading
            self._idle.start()

    # The response

    async def _head(self, dyno: Connection) -> Response:
        """The head of the final response; interim ones are passed on. Raises Stale or Failed."""
        while True:
            response = await self._next_head(dyno)
            if response.status == SWITCHING and not self.request.upgrade:
                raise Failed(H17, "101 Switching Protocols, and the client did not ask for it")
            if response.status >= 200 or response.status == SWITCHING:  # noqa: PLR2004
                return response
            self._answered = True
            if response.status != 100 and self.request.minor:  # noqa: PLR2004 - the router said 100 itself
                self._to_client(to_client(self.request, response, chunked=False, keep_alive=True))

    async def _next_head(self, dyno: Connection) -> Response:
        limits = self.desk.limits
        scanner = responses.scanner(limits)
        try:
            while not (end := scanner.end(dyno.buffer) if dyno.buffer else 0):
                if not await dyno.fill():
                    if dyno.buffer or self._answered:
                        raise Failed(H18)
                    raise Stale
                self._first_byte()
        except Malformed as bad:
            raise responses.refused(bad) from bad
        return responses.parse(take(dyno.buffer, end), limits)

    def _first_byte(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._watch(uploading=False)

    async def _relay(self, dyno: Connection, response: Response, search: Search) -> None:
        body = Download(self.request, response)
        self._again = self._again and body.delimited
        out = to_client(self.request, response, chunked=body.chunked, keep_alive=self._again)
        while True:
            try:
                out += body.step(dyno.buffer)
            except Malformed as bad:
                self._to_client(out)
                raise Failed(H17, bad.reason) from bad
            if out:
                self._to_client(out)
                out = b""
            if body.done:
                break
            await self.client.drain()
            if not await dyno.fill() and not body.ended():
                raise Failed(H18)
        self._keep(dyno, response, search, reusable=body.reusable)

    def _keep(self, dyno: Connection, response: Response, search: Search, *, reusable: bool) -> None:
        clean = reusable and self._upload.done and not dyno.buffer and not dyno.ended
        if clean and response.keep_alive and self.route.keep_alive:
            self.desk.dynos.keep(search.key, dyno)
            self._dyno = None

    async def _switch(self, dyno: Connection, response: Response) -> None:
        if self._uploading is not None:
            await self._uploading
        self.client.on_end = None
        self._again = False
        self._to_client(to_client(self.request, response, chunked=False, keep_alive=False))
        self._watch(uploading=False)
        await tunnel.run(self.client, dyno, self._count)

    def _to_client(self, data: bytes) -> None:
        self._answered = True
        self.client.write(data)
        self._count(len(data))

    def _count(self, size: int) -> None:
        self.record.sent += size

    # The end

    def _end(self, failed: Failed) -> None:
        self.record.code = failed.code
        self.record.status = failed.code.status

    def _fail(self, failed: Failed) -> None:
        self._end(failed)
        patience = self.desk.limits.idle
        if failed.code in {H27, H28} or self.client.lost:
            self._again = False
            self.client.abort()
        elif self._answered:
            self._again = False
            self.client.close(patience)
        else:
            self._again = self._again and self._upload.done
            page = answers.failed(self.record, self.route, failed, keep_alive=self._again)
            self.client.write(page)
            if failed.code.name == "H25":  # the one code whose page Heroku counts
                self._count(len(page))

    def _stop(self) -> None:
        """Stop every clock and the upload."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._idle is not None:
            self._idle.stop()
        if self._uploading is not None and not self._uploading.done():
            self._uploading.cancel()
        if not self._upload.done:
            self._again = False

    def _release(self) -> None:
        self._stop()
        self.client.on_end = None
        if self._sent_at is not None:
            self.record.service = self.desk.milliseconds(self._sent_at)
        if self._dyno is not None:
            self._dyno.abort()
