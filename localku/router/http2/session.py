"""One HTTP/2 connection of a client: every stream becomes a client connection of one request."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import h2.events as seen
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

from localku.router.client_connection import ClientConnection
from localku.router.connection import Connection
from localku.router.http1 import thrift
from localku.router.http1.bodies import take
from localku.router.http1.origin import Caller
from localku.router.http2 import heads
from localku.router.http2.stream import Stream
from localku.router.router_state import RouterState

SETTINGS: dict[SettingCodes | int, int] = {
    SettingCodes.MAX_CONCURRENT_STREAMS: 100,
    SettingCodes.MAX_HEADER_LIST_SIZE: 64 * 1024,
}
"""RFC 9113 §6.5.2 recommends at least 100 streams; 64 KB of headers in all is our own figure."""

SLICE = 16 * 1024
"""Bytes of frames that are read before others have their turn: h2 takes long for many small ones; own."""


class Session:
    """Speaks HTTP/2 on `client` until it goes. `tls_version` goes into the log lines.

    `heard` is called when a request has come. `crowded`: there are too many connections already, and this one is told
    so and closed.
    """

    def __init__(
        self,
        state: RouterState,
        client: Connection,
        caller: Caller,
        tls_version: str,
        heard: Callable[[], None],
        *,
        crowded: bool,
    ) -> None:
        self._state = state
        self._client = client
        self._caller = caller
        self._tls_version = tls_version
        self._heard_request = heard
        self._crowded = crowded
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self._streams: dict[int, Stream] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        self._h2.local_settings.update(SETTINGS)
        self._h2.initiate_connection()
        try:
            await self._serve()
        except ProtocolError:
            pass  # h2 has put the GOAWAY that says so among what is to be sent
        finally:
            await self._end()

    async def _serve(self) -> None:
        self._write()
        while await self._heard():
            while self._client.buffer:
                for event in self._h2.receive_data(take(self._client.buffer, SLICE)):
                    self._follow(event)
                self.flush()
                await self._breathe()

    async def _breathe(self) -> None:
        """Let others have their turn, and wait for a client that makes us answer frames and reads no answer."""
        limits = self._state.limits
        if self._client.unsent() > 2 * limits.response_buffer:  # bodies alone stop at half of it
            await self._client.eased(limits.idle)
        elif self._client.buffer:
            await asyncio.sleep(0)

    async def _heard(self) -> bool:
        """Wait for bytes of the client; False when it has gone, or has been silent with nothing under way."""
        while True:
            try:
                return await self._client.fill(self._state.limits.client_keep_alive)
            except TimeoutError:
                if not self._streams:
                    self._h2.close_connection()
                    return False

    async def _end(self) -> None:
        for stream in tuple(self._streams.values()):
            stream.lose()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._write()
        self._client.close(self._state.limits.idle)

    def _follow(self, event: seen.Event) -> None:
        if isinstance(event, seen.RequestReceived):
            self._open(event)
        elif isinstance(event, seen.DataReceived):
            self._data(event)
        elif isinstance(event, (seen.StreamEnded, seen.StreamReset)):
            stream = self._streams.get(event.stream_id or 0)
            if stream is not None and isinstance(event, seen.StreamEnded):
                stream.request_ended()
            elif stream is not None:
                stream.lose()

    def _open(self, event: seen.RequestReceived) -> None:
        number, ended = event.stream_id or 0, event.stream_ended is not None
        try:
            head, chunked = heads.request(
                [(bytes(name), bytes(value)) for name, value in event.headers or ()], body=not ended
            )
        except heads.Unspeakable:
            self.reset(number, ErrorCodes.PROTOCOL_ERROR)
            return
        client = Connection(self._state.limits.response_buffer, thrift.relieved)
        stream = self._streams[number] = Stream(self, number, head.partition(b" ")[0], client, chunked=chunked)
        stream.begin(head, ended=ended)
        talk = ClientConnection(
            self._state,
            client,
            self._caller,
            tls=True,
            crowded=self._crowded,
            http2=self._tls_version,
            heard=self._heard_request,
        )
        task = asyncio.create_task(talk.run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _data(self, event: seen.DataReceived) -> None:
        number, size = event.stream_id or 0, event.flow_controlled_length or 0
        stream = self._streams.get(number)
        if stream is None:
            self.consumed(number, size)
        else:
            stream.receive(event.data or b"", size)

    # What streams ask for

    def head(self, number: int, headers: heads.Pairs) -> None:
        with self._still_open(number):
            self._h2.send_headers(number, headers)

    def flush(self) -> None:
        """Send what the windows of the client and the socket let through."""
        for number, stream in tuple(self._streams.items()):
            with self._still_open(number):
                self._send(number, stream)
        self._write()
        if self._client.jammed:
            self._when_drained()

    def consumed(self, number: int, size: int) -> None:
        """Let the client send as many bytes again."""
        with contextlib.suppress(ProtocolError):
            self._h2.acknowledge_received_data(size, number)
        self._write()

    def reset(self, number: int, code: ErrorCodes = ErrorCodes.NO_ERROR) -> None:
        with contextlib.suppress(ProtocolError):
            self._h2.reset_stream(number, code)
        self._write()

    def forget(self, number: int) -> None:
        self._streams.pop(number, None)
        if self._crowded and not self._streams:
            self._h2.close_connection()
            self._write()
            self._client.close(self._state.limits.idle)

    def _send(self, number: int, stream: Stream) -> None:
        while stream.outgoing and not self._client.jammed:
            room = min(self._h2.local_flow_control_window(number), self._h2.max_outbound_frame_size)
            if room <= 0:
                return
            piece = stream.outgoing.popleft()
            if len(piece) > room:
                stream.outgoing.appendleft(piece[room:])
            self._h2.send_data(number, piece[:room])
            self._write()
            stream.sent_some()
        if stream.whole and not stream.outgoing:
            self._h2.end_stream(number)
            stream.finished()

    def _write(self) -> None:
        data = self._h2.data_to_send()
        if data:
            self._client.write(data)

    def _when_drained(self) -> None:
        async def go_on() -> None:
            while self._client.jammed:
                await self._client.drain()
                self.flush()

        if not any(task.get_name() == "drain" for task in self._tasks):
            task = asyncio.create_task(go_on(), name="drain")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    @contextlib.contextmanager
    def _still_open(self, number: int) -> Iterator[None]:
        """Where the client has closed the stream in the meantime, its connection is told."""
        try:
            yield
        except ProtocolError:
            stream = self._streams.get(number)
            if stream is not None:
                stream.lose()
