"""A dyno with a client of the API: a program of its own, so that it outlives the server that was asked for it.

It reads a wish from its standard input, and answers with an offer, or an error, in one line.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path

from localku.api.attaching_dynos import DynoOffer, DynoWish
from localku.api.rendezvous import Rendezvous
from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.opening import open_context
from localku.platform import apps
from localku.platform.dynos import oneoff_order
from localku.platform.dynos.attached_dyno import run_attached
from localku.router.tls import trust
from localku.server import server_log

NAME = "localku.server.attached_run"


def attach(home: Path, wish: DynoWish) -> DynoOffer:
    """Start the program, and return what it offers. Raises LocalkuError as it does."""
    process = subprocess.Popen(
        [sys.executable, "-m", NAME],
        cwd="/",
        env={**os.environ, "LOCALKU_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    threading.Thread(target=process.wait, name="attached-run", daemon=True).start()
    if process.stdin is None or process.stdout is None:
        raise LocalkuError("The dyno's program has no pipes.")
    with process.stdin, process.stdout:
        process.stdin.write(json.dumps(asdict(wish)).encode())
        process.stdin.close()
        said = process.stdout.readline()
    if not said:
        raise LocalkuError("The dyno could not be prepared.", f"`{CLIENT} server:logs` may say why.")
    return _read(json.loads(said))


def _read(said: dict[str, str | int]) -> DynoOffer:
    if "message" in said:
        raise LocalkuError(
            str(said["message"]),
            str(said["hint"]),
            kind=Kind(str(said["kind"])),
            ident=str(said["id"]),
            resource=str(said["resource"]),
        )
    return DynoOffer(
        str(said["name"]), str(said["command"]), str(said["size"]), int(said["release"]), str(said["attach_url"])
    )


def main() -> None:
    """Be the program."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wish = DynoWish(**json.load(sys.stdin))
    answer = Answer(os.dup(sys.stdout.fileno()))
    context = open_context()
    server_log.log_here(context.home, "attached")
    try:
        _serve(context, wish, answer)
    except LocalkuError as error:
        kind, ident = error.kind.value, error.id
        answer.give(
            {"message": error.message, "hint": error.hint, "kind": kind, "id": ident, "resource": error.resource}
        )


class Answer:
    """One line for whoever has started the program; what comes later is for nobody."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._is_given = False

    def give(self, told: dict[str, str | int]) -> None:
        if not self._is_given:
            self._is_given = True
            with os.fdopen(self._descriptor, "w") as output:
                output.write(f"{json.dumps(told)}\n")


def _serve(context: Context, wish: DynoWish, answer: Answer) -> None:
    app = apps.identified(context, wish.app)
    order = oneoff_order.order(context, app, "run", wish.command, size=wish.size)
    order = replace(order, tty=wish.tty, stdin=True, extra_environment=dict(wish.environment))
    with Rendezvous(trust.loopback(context)) as place:
        offer = DynoOffer(order.name, order.command, order.size.name, order.release.version, place.url)
        answer.give(asdict(offer))
        client = place.met()
    try:
        run_attached(context, app, order, client.join, lambda: None)
    except LocalkuError as error:
        client.say(error.message)
    finally:
        client.close()


if __name__ == "__main__":
    main()
