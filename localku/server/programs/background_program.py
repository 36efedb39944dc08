"""Programs that do for a client of the API what takes long, and outlive the server that was asked for it.

Each reads a wish, and answers in one line with what there is to know at once, or an error.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.opening import open_context
from localku.server import server_log

Told = Mapping[str, str | int]


def started(home: Path, module: str, wish: Mapping[str, object]) -> Told:
    """Start one, and return what it answers. Raises LocalkuError as it does."""
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        cwd="/",
        env={**os.environ, "LOCALKU_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    threading.Thread(target=process.wait, name="background-program", daemon=True).start()
    if process.stdin is None or process.stdout is None:
        raise LocalkuError("A program has no pipes.")
    with process.stdin, process.stdout:
        process.stdin.write(json.dumps(wish).encode())
        process.stdin.close()
        said = process.stdout.readline()
    if not said:
        raise LocalkuError("It could not be begun.", f"`{CLIENT} server:logs` may say why.")
    told: dict[str, str | int] = json.loads(said)
    if "message" in told:
        raise _error({name: str(value) for name, value in told.items()})
    return told


def _error(told: Mapping[str, str]) -> LocalkuError:
    kind, ident = Kind(told["kind"]), told["id"]
    return LocalkuError(told["message"], told["hint"], kind=kind, ident=ident, resource=told["resource"])


class Answer:
    """One line for whoever has started the program; what comes later is for nobody."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._is_given = False

    def give(self, told: Told) -> None:
        if not self._is_given:
            self._is_given = True
            with suppress(BrokenPipeError), os.fdopen(self._descriptor, "w") as output:
                output.write(f"{json.dumps(told)}\n")

    def refuse(self, error: LocalkuError) -> None:
        kind, ident = error.kind.value, error.id
        self.give({"message": error.message, "hint": error.hint, "kind": kind, "id": ident, "resource": error.resource})


def be(name: str, work: Callable[[Context, Mapping[str, object], Answer], None]) -> None:
    """Be such a program: `work` gets the wish, and gives the answer as soon as it has one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wish = json.load(sys.stdin)
    answer = Answer(os.dup(sys.stdout.fileno()))
    context = open_context()
    server_log.log_here(context.home, name)
    try:
        work(context, wish, answer)
    except LocalkuError as error:
        answer.refuse(error)
