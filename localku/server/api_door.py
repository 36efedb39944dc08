"""The API as a part of control: it begins when the first client comes, so that it delays nothing else."""

from __future__ import annotations

import logging
import select
import socket
import ssl
import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from localku.control import api_port
from localku.errors import LocalkuError, worded

if TYPE_CHECKING:
    from localku.api.api_server import ApiServer
    from localku.api.attaching_dynos import DynoOffer, DynoWish
    from localku.api.background_builds import BuildWish
    from localku.api.background_transfers import TransferWish
    from localku.context import Context

_log = logging.getLogger(__name__)


class ApiDoor:
    """The `Api` of a control process, on listening sockets; none where its port is somebody else's."""

    def __init__(self, context: Context, sockets: Iterable[socket.socket]) -> None:
        self._context = replace(context, notice=lambda line: _log.info("%s", worded(line)))
        self._sockets = tuple(sockets)
        self._turn = threading.Lock()
        self._server: ApiServer | None = None
        self._ended = False

    @property
    def port(self) -> int | None:
        return next((int(one.getsockname()[1]) for one in self._sockets), None)

    @property
    def is_busy(self) -> bool:
        return self._server is not None and self._server.is_busy

    @property
    def requests(self) -> int:
        return self._server.requests if self._server is not None else 0

    def start(self) -> None:
        if self.port is not None:
            threading.Thread(target=self._wait, args=(self.port,), name="api-door", daemon=True).start()

    def stop(self) -> None:
        with self._turn:
            self._ended = True
        if self._server is not None:
            self._server.stop()

    def _wait(self, port: int) -> None:
        select.select(self._sockets, (), ())
        try:
            server = self._made(port)
        except (LocalkuError, OSError) as error:
            _log.warning("no API: %s", error)
            return
        with self._turn:
            if not self._ended:
                self._server = server
                server.start()

    def _attach(self, wish: DynoWish) -> DynoOffer:
        from localku.server.programs import attached_run

        return attached_run.attach(self._context.home, wish)

    def _transfer(self, wish: TransferWish) -> str:
        from localku.server.programs import transfer_run

        return transfer_run.begin(self._context.home, wish)

    def _build(self, wish: BuildWish) -> str:
        from localku.server.programs import build_run

        return build_run.begin(self._context.home, wish)

    def _made(self, port: int) -> ApiServer:
        from localku.api import api_token
        from localku.api.api_server import ApiServer
        from localku.api.call import Place
        from localku.api.endpoints import ENDPOINTS
        from localku.api.platform_api import Door, application

        place = Place(api_port.url(port))
        door = Door(place, api_token.token(self._context.home), self._attach, self._transfer, self._build)
        return ApiServer(
            application(self._context, door, ENDPOINTS), self._sockets, _Certificate(self._context).context
        )


class _Certificate:
    """Made when the first client speaks TLS."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._made: ssl.SSLContext | None = None

    async def context(self) -> ssl.SSLContext:
        import asyncio

        from localku.router.tls import trust

        if self._made is None:
            self._made = await asyncio.get_running_loop().run_in_executor(None, trust.loopback, self._context)
        return self._made
