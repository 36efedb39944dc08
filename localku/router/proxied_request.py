"""One request and its response: find a dyno, send, relay, and say in one line how it went."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from localku.router import affinity, answers
from localku.router.codes import H13, H17, H18, H22, H24, H27, H28, H99, Failed
from localku.router.connection import Connection
from localku.router.deadlines import Deadlines
from localku.router.http1 import response as responses
from localku.router.http1 import tunnel
from localku.router.http1.bodies import take
from localku.router.http1.download import Download
from localku.router.http1.headers import request_id, to_client, to_dyno
from localku.router.http1.http_lines import HeadScanner, Malformed
from localku.router.http1.origin import Origin
from localku.router.http1.request import BODILESS, Framing, Request, framing, wants_continue
from localku.router.http1.response import CONTINUE, SWITCHING, Response
from localku.router.http1.upload import Upload
from localku.router.interruptible import Interruptible
from localku.router.record import Record
from localku.router.router_state import BackendSelection, NoSuchApp, RouterState
from localku.router.routing.routes import Route

_log = logging.getLogger(__name__)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Stale(Exception):
    """The dyno closed a connection without a byte of response."""


class ProxiedRequest:
    """`deadlines` is the client connection's: its requests use it one after the other."""

    def __init__(
        self,
        state: RouterState,
        client: Connection,
        deadlines: Deadlines,
        request: Request,
        origin: Origin,
        route: Route,
    ) -> None:
        self.state = state
        self.client = client
        self.request = request
        self.origin = origin
        self.route = route
        self.record = Record(request, origin, request_id(request))
        self.began = state.dynos.time()
        self._deadlines = deadlines
        self._interruptible = Interruptible()
        self._sent_at: float | None = None
        self._answered = False  # some of the dyno's response is with the client
        self._selection = BackendSelection(state, request, self.record, self.began, route)
        self._dyno: Connection | None = None
        self._response: Response | None = None
        self._body: Download | None = None
        self._entered = False
        self._framing: Framing = BODILESS
        self._upload: Upload | None = None
        self._uploading: asyncio.Task[None] | None = None
        self._again = False  # not before the end of the request's body is known

    async def run(self, *, crowded: bool = False) -> bool:
        """Answer the request; whether the client's connection can carry another one. Raises NoSuchApp.

        `crowded`: there are too many connections already, and this one is only told so.
        """
        known = True
        try:
            with self._interruptible:
                self.client.on_end = self._client_gone
                await self._run(crowded=crowded)
        except Failed as failed:
            self._fail(failed)
        except NoSuchApp:
            known = False
            raise
        except asyncio.CancelledError:
            self._again = False
            self._fail(Failed(H24))
            raise
        except Exception:  # noqa: BLE001 - a defect of ours is Heroku's H99, and no reason to drop the other requests
            _log.exception("request %s", self.record.ident)
            self._fail(Failed(H99))
        finally:
            self._finish(known=known)
        return self._again

    def _client_gone(self) -> None:
        self._interruptible.interrupt(Failed(H27))

    async def _run(self, *, crowded: bool) -> None:
        if self.client.ended:
            raise Failed(H27)
        if crowded:
            raise Failed(H22)
        if not self._entered:
            self._enter()
        if self._dyno is None or self._response is None:
            self._dyno, self._response = await self._ask()
        dyno, response = self._dyno, self._response
        self.record.status = response.status
        if response.status == SWITCHING:
            await self._switch(dyno, response)
        elif self._whole(dyno, response) or await self._relay(dyno, response):
            self._keep(dyno, response)

    def _enter(self) -> None:
        """Raises Failed with H11 or H26."""
        self._framing = framing(self.request)
        if self._framing.body:
            self._upload = Upload(self.client, self._framing)
        self._again = self.request.keep_alive and not self._framing.ambiguous
        self.state.enter(self.route)
        self._entered = True

    @property
    def _uploaded_all(self) -> bool:
        return self._upload is None or self._upload.done

    # The request

    async def _ask(self) -> tuple[Connection, Response]:
        """Send the request to a dyno, if none has it yet, and wait for the head of its response."""
        limits, selection = self.state.limits, self._selection
        expects = wants_continue(self.request)
        can_repeat = self.request.repeatable and not self._framing.body
        youngest = limits.dyno_keep_alive if can_repeat else limits.dyno_reuse_unsafe
        while True:
            dyno = self._dyno
            if dyno is None:
                dyno = self._dyno = await selection.connection(youngest)
                self._send(dyno, expects=expects)
                if selection.opened is not None:
                    await selection.opened.attached()
            try:
                return dyno, await self._head(dyno)
            except Stale:
                if selection.opened is not None or not can_repeat:
                    raise Failed(H13) from None
                youngest = 0.0
                self._sent_at = self._dyno = None  # no dyno was given this request yet
                self._stop()
                dyno.abort()

    def _send(self, dyno: Connection, *, expects: bool) -> None:
        passed_on = expects and self.route.end_to_end_continue
        keep_alive = self.route.keep_alive
        head = to_dyno(
            self.request, self._framing, self.origin, self.record.ident, keep_alive=keep_alive, expects=passed_on
        )
        self._sent_at = self.state.dynos.time()
        upload = self._upload
        body = upload.step() if upload is not None else b""
        dyno.write(head + body)
        if upload is None or upload.done or (passed_on and not body):
            self._deadlines.first_byte(self._interruptible)
        else:
            self._deadlines.movement(dyno, self._interruptible, uploading=True)
        if upload is None or upload.done:
            return
        if expects and not (body or passed_on):
            self.client.write(_CONTINUE)
        self._uploading = asyncio.create_task(upload.run(dyno))
        self._uploading.add_done_callback(self._uploaded)

    def _uploaded(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, Exception):
            self._interruptible.interrupt(error)
            return
        self._deadlines.uploading = False
        if not self._answered and self._dyno is not None and not self._dyno.buffer:
            self._deadlines.first_byte(self._interruptible)

    # The response

    async def _head(self, dyno: Connection) -> Response:
        """The head of the final response; interim ones are passed on. Raises Stale or Failed."""
        scanner, came = responses.scanner(self.state.limits), False
        while True:
            response = self._next_head(dyno, scanner) if dyno.buffer else None
            if response is not None and response.status == SWITCHING and not self.request.upgrade:
                raise Failed(H17, "101 Switching Protocols, and the client did not ask for it")
            if response is not None and (response.status >= 200 or response.status == SWITCHING):  # noqa: PLR2004
                return response
            if came:
                self._moving(dyno)
            if response is not None:
                self._interim(response)
                await self.client.drain()
                scanner, came = responses.scanner(self.state.limits), False
            elif await dyno.fill():
                came = True
            elif dyno.buffer or self._answered:
                raise Failed(H18)
            else:
                raise Stale

    def _interim(self, response: Response) -> None:
        if response.status != CONTINUE:
            self._answered = True
            if self.request.minor:
                self._to_client(to_client(self.request, response, chunked=False, keep_alive=True))
            return
        if self.route.end_to_end_continue and self.request.minor:
            self.client.write(_CONTINUE)
        if self._uploaded_all:
            self._deadlines.first_byte(self._interruptible)

    def _next_head(self, dyno: Connection, scanner: HeadScanner) -> Response | None:
        """A head, if the whole of it has come. Raises Failed."""
        try:
            end = scanner.end(dyno.buffer)
        except Malformed as bad:
            raise responses.refused(bad) from bad
        return responses.parse(take(dyno.buffer, end), self.state.limits) if end else None

    def _moving(self, dyno: Connection) -> None:
        """The dyno has begun to answer, and there is more to wait for."""
        if self._deadlines.for_first_byte:
            self._deadlines.movement(dyno, self._interruptible, uploading=not self._uploaded_all)

    def _whole(self, dyno: Connection, response: Response) -> bool:
        """Pass on a response whose body of known length has come with its head, as most small ones do."""
        length = response.length
        if (
            self._body is not None
            or length is None
            or len(dyno.buffer) < length
            or not response.has_body(self.request.method)
        ):
            return False
        head = to_client(self.request, response, chunked=False, keep_alive=self._again, more=self._cookie())
        self._to_client(head + take(dyno.buffer, length))
        return True

    def _cookie(self) -> Sequence[bytes]:
        return affinity.cookie(self.request.values, self.record.dyno) if self.route.session_affinity else ()

    async def _relay(self, dyno: Connection, response: Response) -> bool:
        """Pass on a response as it comes; whether the dyno's connection can be used again."""
        self._moving(dyno)
        body, out = self._body, b""
        if body is None:
            body = self._body = Download(self.request, response)
            self._again = self._again and body.delimited
            out = to_client(self.request, response, chunked=body.chunked, keep_alive=self._again, more=self._cookie())
        while True:
            try:
                out += body.step(dyno.buffer)
            except Malformed as bad:
                self._to_client(out)
                raise Failed(H17, bad.reason) from bad
            if out:
                self._to_client(out)
                out = b""
            if body.untouched:
                await dyno.forward(self.client, body.untouched, self._passed)
            if body.done:
                break
            await self.client.drain()
            if not await dyno.fill() and not body.ended():
                raise Failed(H18)
        return body.reusable

    def _keep(self, dyno: Connection, response: Response) -> None:
        clean = self._uploaded_all and not dyno.buffer and not dyno.ended
        if clean and response.keep_alive and self.route.keep_alive:
            self.state.dynos.keep(self._selection.key, dyno)
            self._dyno = None

    async def _switch(self, dyno: Connection, response: Response) -> None:
        self._moving(dyno)
        if self._uploading is not None:
            await self._uploading
        self.client.on_end = None
        self._again = False
        self._to_client(to_client(self.request, response, chunked=False, keep_alive=False))
        self._deadlines.movement(dyno, self._interruptible, uploading=False)
        await tunnel.run(self.client, dyno, self._count)

    def _to_client(self, data: bytes) -> None:
        self._answered = True
        self.client.write(data)
        self.record.sent += len(data)

    def _passed(self, size: int) -> None:
        if self._body is not None:
            self._body.passed(size)
        self._count(size)

    def _count(self, size: int) -> None:
        self.record.sent += size

    # The end

    def _end(self, failed: Failed) -> None:
        self.record.code = failed.code
        self.record.status = failed.code.status

    def _fail(self, failed: Failed) -> None:
        self._end(failed)
        seconds = self.state.limits.idle
        if failed.code in {H27, H28} or self.client.lost:
            self._again = False
            self.client.abort()
        elif self._answered:
            self._again = False
            self.client.close(seconds)
        else:
            self._again = self._again and self._uploaded_all
            page = answers.failed(self.record, self.route, failed, keep_alive=self._again)
            self.client.write(page)
            if failed.code.name == "H25":  # the one code whose page Heroku counts
                self._count(len(page))

    def _stop(self) -> None:
        """Stop the clock and the upload."""
        self._deadlines.stop()
        if self._upload is None:
            return
        if self._uploading is not None and not self._uploading.done():
            self._uploading.cancel()
        if not self._upload.done:
            self._again = False

    def _release(self) -> None:
        self._stop()
        self.client.on_end = None
        if self._sent_at is not None:
            self.record.service = self.state.milliseconds(self._sent_at)
        if self._dyno is not None:
            self._dyno.abort()
        else:
            self._selection.give_up()

    def _finish(self, *, known: bool = True) -> None:
        self._release()
        if self._entered:
            self.state.leave(self.route)
        if known:
            self.state.log.line(self.route.app, self.record.line())
