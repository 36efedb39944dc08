"""The API on a port of this machine."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.api.api_server import ApiServer
from localku.api.call import Place
from localku.api.endpoints import ENDPOINTS
from localku.api.platform_api import Door, application
from localku.machine.listening import listen

if TYPE_CHECKING:
    from localku.context import Context

TOKEN = "0123456789abcdef"


@dataclass(frozen=True)
class Served:
    url: str
    server: ApiServer

    @property
    def place(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Basic {base64.b64encode(f':{TOKEN}'.encode()).decode()}"}


@contextmanager
def serving(context: Context) -> Iterator[Served]:
    async def secure() -> None:
        raise OSError

    sockets = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    server = ApiServer(
        application(context, Door(Place(url), TOKEN), ENDPOINTS),
        sockets,
        secure,  # type: ignore[arg-type]
    )
    server.start()
    yield Served(url, server)
    server.stop()
    for one in sockets:
        one.close()
