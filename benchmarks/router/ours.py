"""localku's router by itself: PORT of its own, PORT of the app, the folder of its log, `asyncio` or `uvloop`."""

from __future__ import annotations

import importlib
import signal
import sys
import threading
from pathlib import Path

from localku.logs.app_log import AppLog
from localku.router.log import BatchedLog
from localku.router.router_limits import raise_file_limit
from localku.router.router_server import run_in_thread
from localku.router.routing.routes import AppState, Backend, Route


class OneApp:
    def __init__(self, port: int) -> None:
        self._route = Route("app", AppState.UP, (Backend("web.1", "127.0.0.1", port),))

    def find(self, host: str, port: int) -> Route | None:  # noqa: ARG002
        return self._route if host else None


def main() -> None:
    port, behind, folder, loop = sys.argv[1:]
    raise_file_limit()
    log = BatchedLog(lambda _: AppLog(Path(folder)))
    router = run_in_thread(
        OneApp(int(behind)),
        log,
        host="127.0.0.1",
        port=int(port),
        new_loop=importlib.import_module(loop).new_event_loop,
    )
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait()
    router.stop()


main()
