"""localku's router by itself: PORT of its own, PORT of the app, and the folder of the log it writes."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from localku.logs.store import AppLog
from localku.router.limits import raise_file_limit
from localku.router.log import BatchedLog
from localku.router.routes import AppState, Backend, Route
from localku.router.server import run_in_thread


class OneApp:
    def __init__(self, port: int) -> None:
        self._route = Route("app", AppState.UP, (Backend("web.1", "127.0.0.1", port),))

    def find(self, host: str) -> Route | None:
        return self._route if host else None


def main() -> None:
    port, behind, folder = sys.argv[1:]
    raise_file_limit()
    log = BatchedLog(lambda _: AppLog(Path(folder)))
    router = run_in_thread(OneApp(int(behind)), log, host="127.0.0.1", port=int(port))
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait()
    router.stop()


main()
