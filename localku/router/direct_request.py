"""A request that no task need wake for: it came at once, and so does a connection to a dyno, kept or new.

That is what most requests are, and it halves what the interpreter does for them. Each step is taken in the event
loop's callback that makes it possible. Whatever turns out otherwise, from a response that is chunked to a dyno that
is gone, wakes the client's task, and `run` goes on from where the callbacks have left it.
"""

from __future__ import annotations

from collections.abc import Callable

from localku.router.codes import H24, Failed
from localku.router.connection import READ_AHEAD, Connection
from localku.router.http1 import response as responses
from localku.router.http1.download import Download
from localku.router.http1.headers import to_client
from localku.router.http1.http_lines import END
from localku.router.http1.response import Response
from localku.router.proxied_request import ProxiedRequest


class DirectRequest(ProxiedRequest):
    def begin(self, answered: Callable[[], None]) -> bool:
        """Send the request, which has no body; `answered` is called once the whole response is with the client.

        False where something has to be waited for: then, and whenever the client's task is woken before it is
        answered, `run` does what is left to do.
        """
        self._answer = answered
        self._interruptible.wake = self.client.wake
        try:
            self._enter()
            dyno = self._selection.at_once()
            if dyno is None:
                return False
            self._dyno = dyno
            new = self._selection.opened
            if new is None:
                dyno.read_on()
            self._send(dyno, expects=False)
            if new is not None and not new.heard():
                return False
            dyno.on_bytes, dyno.on_end = self._came, self._hand_over
        except Exception as error:  # noqa: BLE001 - `run` knows what to do about each
            self._interruptible.interrupt(error)
            return False
        return True

    def stopped(self) -> None:
        """The router ends while the request is under way."""
        self._again = False
        self._fail(Failed(H24))
        self._finish()

    async def run(self, *, crowded: bool = False) -> bool:
        self._let_go()
        return await super().run(crowded=crowded)

    async def _run(self, *, crowded: bool) -> None:
        if self._selection.opened is not None and not self.client.ended:
            await self._selection.opened.attached()
        await super()._run(crowded=crowded)

    def _let_go(self) -> None:
        if self._dyno is not None:
            self._dyno.on_bytes = self._dyno.on_end = None
            self._dyno.unsplice()

    def _hand_over(self) -> None:
        """Leave the rest to `run`."""
        self._let_go()
        self.client.wake()

    def _came(self) -> bool:
        try:
            if self._dyno is not None:
                self._follow(self._dyno)
        except Exception as error:  # noqa: BLE001 - as above
            self._interruptible.interrupt(error)
            self._hand_over()
        return True

    def _follow(self, dyno: Connection) -> None:
        """Pass on what has come of the response, if that is simple."""
        response = self._response
        if response is None:
            response = self._response = self._simple_head(dyno)
            if response is None:
                self._hand_over()
                return
            if not self._whole(dyno, response):
                self._start(dyno, response)
        if self._body is None or self._body.done:
            self._let_go()
            self._keep(dyno, response)
            self._finish()
            self._answer()
        elif self.client.jammed or self.client.lost:
            self._hand_over()

    def _simple_head(self, dyno: Connection) -> Response | None:
        """The head of the final response, if the whole of it has come and it says how long its body is."""
        end = dyno.buffer.find(END) + len(END)
        if end < len(END):
            return None
        response = responses.parse(bytes(dyno.buffer[:end]), self.state.limits)
        if response.length is None or not response.has_body(self.request.method):
            return None
        if self._selection.opened is not None and not self._leaves(response, response.length):
            return None
        del dyno.buffer[:end]
        self.record.status = response.status
        return response

    def _leaves(self, response: Response, length: int) -> bool:
        """Whether a new connection ends with this response, and soon."""
        return length <= READ_AHEAD and not (response.keep_alive and self.route.keep_alive)

    def _start(self, dyno: Connection, response: Response) -> None:
        """Pass on the head of the response, and what has come of its body; the rest follows as it comes."""
        body = self._body = Download(self.request, response)
        head = to_client(self.request, response, chunked=False, keep_alive=self._again)
        self._to_client(head + body.step(dyno.buffer))
        self._moving(dyno)
        dyno.splice(self.client, body.untouched, self._passed)
