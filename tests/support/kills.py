"""Kills one of the server's processes with -9 while an app is in some state, under traffic, and looks at what comes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from support import engine_view
from support.localku import Localku, get, wait_for, write_app
from support.noisy import PRINTER
from support.tiny import CLEAN, FILES

PROCESSES = ("router", "logs", "control", "parent")
"""The parent last: with it the others' deaths are forgotten, of which three in a minute would be one too many."""

PROCFILE = 'web: sleep "${SLOW_BOOT:-0}"; exec ./serve\nworker: while :; do sleep 1; done\n'

FORMATION = {"web.1": 1, "web.2": 1, "worker.1": 1}

OK, NO_DYNO = 200, 503
NOT_THERE = "nobody listens"


@dataclass
class Victim:
    """An app of two web dynos and a worker, and its server."""

    lk: Localku
    folder: Path
    port: int = 0
    answers: Counter[int | str] = field(default_factory=Counter)

    @classmethod
    def made(cls, lk: Localku, folder: Path) -> Victim:
        victim = cls(lk, write_app(folder, {**FILES, **PRINTER, "Procfile": PROCFILE}))
        victim.ok("build")
        victim.ok("ps:scale", "web=2:standard-1x", "worker=1:standard-1x")
        victim.ok("config:set", "SLOW_BOOT=1")
        with socket.create_server(("127.0.0.1", 0)) as free:  # no other server of this machine takes it meanwhile
            victim.port = free.getsockname()[1]
        victim.ok("up", "--detach", "--no-build", "--port", str(victim.port))
        return victim

    def ok(self, *arguments: str) -> None:
        self.lk.ok(*arguments, cwd=self.folder)

    def up(self) -> None:
        self.ok("up", "--detach", "--no-build")

    def dynos(self) -> Counter[str]:
        """How many containers each dyno has."""
        name = f"app-name={self.folder.name}"
        found = engine_view.containers(self.lk.home, name, "role=dyno")
        return Counter(one.removeprefix(f"localku-{self.folder.name}-").rpartition("-")[0] for one in found)

    def leftovers(self) -> str:
        checks = self.lk.run("doctor", "--json", cwd=self.folder).json
        return next(f"{row['state']}: {row['found']}" for row in checks if row["name"] == "Leftovers")

    @contextmanager
    def traffic(self) -> Iterator[None]:
        """Ask one thing after the other, and count the answers."""
        over, self.answers = threading.Event(), Counter()

        def ask() -> None:
            while not over.wait(0.02):
                self.answers[self.answer()] += 1

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            yield
        finally:
            over.set()
            asking.join()

    def answer(self) -> int | str:
        try:
            return get(f"http://127.0.0.1:{self.port}/", f"{self.folder.name}.localhost", 60)[0]
        except OSError as error:
            reason = getattr(error, "reason", error)
            return NOT_THERE if isinstance(reason, ConnectionRefusedError) else repr(reason)


@dataclass(frozen=True)
class State:
    """`act` is the command that brings it about; `ends_down`: the app is down after."""

    name: str
    act: tuple[str, ...] = ()
    begins_down: bool = False
    ends_down: bool = False


STATES = (
    State("up"),
    State("coming up", ("up", "--detach", "--no-build"), begins_down=True),
    State("deploying", ("build", "--force")),
    State("restarting", ("ps:restart",)),
    State("resetting", ("reset-fs", "--dyno", "web.1")),
    State("going down", ("down",), ends_down=True),
)


def kill(victim: Victim, state: State, process: str, after: float) -> list[str]:
    """Kill it so many seconds after the state begins; return what is wrong then, in a sentence each."""
    victim.ok("down") if state.begins_down else victim.up()
    if state.begins_down:
        victim.ok("server", "--detach")
    pid = victim.lk.pid_of(process)
    with victim.traffic():
        acting = victim.lk.start(*state.act, cwd=victim.folder) if state.act else None
        time.sleep(after)
        os.kill(pid, signal.SIGKILL)
        said = acting.communicate(timeout=180)[0] if acting is not None else ""
        time.sleep(1.0)
        if process == "parent" and not state.ends_down:
            victim.up()
        elif not state.ends_down:
            _eventually(lambda: victim.answer() == OK)
    return [*_wrong_words(said, acting, process), *_wrong_answers(victim, state, process), *_wrong_dynos(victim, state)]


def _wrong_words(said: str, acting: subprocess.Popen[str] | None, process: str) -> Iterator[str]:
    """With the parent all end: then a command may say so, and what to do."""
    if "Traceback" in said:
        yield f"a traceback: {said}"
    elif acting is not None and acting.returncode != 0 and not (process == "parent" and "`localku up`" in said):
        yield f"the command has failed: {said}"


def _wrong_answers(victim: Victim, state: State, process: str) -> Iterator[str]:
    right: set[int | str] = {OK}
    if state.act:
        right.add(NO_DYNO)
    if process == "parent" or state.begins_down or state.ends_down:
        right.add(NOT_THERE)
    seen = victim.answers.items()
    wrong = {answer: number for answer, number in seen if answer not in right and not _cut(answer, process)}
    if wrong:
        yield f"answers: {wrong} beside {victim.answers[OK]} right ones"


def _cut(answer: int | str, process: str) -> bool:
    """Whether it is a connection that its router, which was killed, had accepted already."""
    return process in {"router", "parent"} and isinstance(answer, str) and ("Remote" in answer or "reset" in answer)


def _wrong_dynos(victim: Victim, state: State) -> Iterator[str]:
    expected = Counter[str]() if state.ends_down else Counter(FORMATION)
    if not _eventually(lambda: victim.dynos() == expected):
        yield f"containers: {dict(victim.dynos())}"
    if not _eventually(lambda: victim.leftovers() == CLEAN):  # control may be taking them over just now
        yield f"leftovers: {victim.leftovers()}"


def _eventually(true: Callable[[], bool]) -> bool:
    try:
        wait_for(true, every=0.2)
    except AssertionError:
        return False
    return True
