"""One localku that makes a release, as a process of its own that can be killed; the engine is in its memory."""

import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from fake_engine import FakeClock, FakeContainer, FakeEngine
from verbs_kit import slug

from localku.clock import system_clock
from localku.context import Context
from localku.engine.client import Engine
from localku.errors import LocalkuError
from localku.platform.addons import addons, provisioning
from localku.platform.addons.provisioning import Wish
from localku.platform.releasing import config, release, releases
from localku.platform.releasing.release_errors import ReleaseBusy, ReleaseExpired
from localku.platform.releasing.release_phase import RELEASE_PHASE
from localku.records import App, Release
from localku.services.postgres import postgres_image, postgres_server
from localku.services.postgres.postgres_service import Postgres
from localku.store.store import Store

TYPES = {"web": "serve", "release": "migrate"}


@dataclass(frozen=True)
class Act:
    """What one of them does: `verb` with `number`, and where it is killed, if anywhere.

    `dies`: `transaction`, `numbered`, `phase`, or "". `hangs_up`: whoever listens to it is gone.
    """

    verb: str
    number: int
    dies: str = ""
    hangs_up: bool = False
    has_phase: bool = True
    phase_seconds: float = 0.0
    phase_status: int = 0


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def play(home: str, results: str, act: Act) -> None:
    """Do it, and append what came of it to the file: the verb, its number and the version."""
    context = _context(Path(home), act)
    app = context.store.apps.all()[0]
    _die_in_the_transaction(context, act)
    try:
        made = _made(context, app, act)
    except (ReleaseExpired, ReleaseBusy):
        raise  # nobody is overtaken, and nobody waits in vain
    except (LocalkuError, BrokenPipeError):
        return
    if made is not None:
        line = json.dumps([act.verb, act.number, made.version]) + "\n"
        with Path(results).open("a") as file:
            file.write(line)


def _context(home: Path, act: Act) -> Context:
    engine = FakeEngine(FakeClock())

    def started(container: FakeContainer) -> None:
        container.status = "running"
        if act.dies == "phase":
            die()
        time.sleep(act.phase_seconds)
        container.exit(act.phase_status)

    engine.on_start = started
    context = Context(Store(home), cast("Engine", engine), system_clock({}), Postgres)
    for one in context.store.releases.slugs(context.store.apps.all()[0]):
        engine.images.tags.add(one.image)
    setattr(postgres_image, "ensure", lambda *_: "localku/services/postgres:17")  # noqa: B010 - a process of its own
    for verb in ("start", "running_at"):
        setattr(postgres_server, verb, lambda *_: ("172.18.0.1", 5001))
    setattr(postgres_server, "destroy", lambda *_: None)  # noqa: B010
    return context


def _die_in_the_transaction(context: Context, act: Act) -> None:
    real = context.store.releases.add

    def add(*given: Any, **named: Any) -> Release:
        made = real(*given, **named)
        if act.dies == "transaction":
            die()
        return made

    context.store.releases.add = add  # type: ignore[method-assign]


def _made(context: Context, app: App, act: Act) -> Release | None:
    def say(_line: str) -> None:
        if act.hangs_up:
            raise BrokenPipeError

    def numbered(_made: Release) -> None:
        if act.dies == "numbered":
            die()

    if act.verb == "deploy":
        made = slug(context, app, act.number, TYPES if act.has_phase else None)
        return release.make(
            context,
            app,
            phase=RELEASE_PHASE,
            slug=made,
            description=f"Deploy f{act.number}",
            say=say,
            numbered=numbered,
        )
    if act.verb == "set":
        return config.change(context, app, {"K": str(act.number)}, say)
    if act.verb == "rollback":
        return releases.rollback(context, app, releases.target(context, app, None), say)
    found = provisioning.ready(context, app)
    if found is not None:
        provisioning.destroy(context, app, found)
    else:
        addons.create(context, app, Wish("heroku-postgresql"), lambda *_: None, say)
    return None
