"""A build that a client of the API has asked for, and the app that is up after it: a program of its own."""

from __future__ import annotations

import logging
import signal
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from localku.api.background_builds import BuildWish
from localku.context import Context
from localku.control import starting
from localku.control.messages import Bring
from localku.errors import LocalkuError
from localku.platform import apps
from localku.platform.deploying import build_turn, builds, deploy
from localku.platform.deploying.deploy_source import Remote, Source, Tarball
from localku.platform.deploying.deploy_values import Options
from localku.platform.deploying.sent import source_blobs
from localku.records import App
from localku.server.programs import background_program
from localku.server.programs.background_program import Answer

NAME = "localku.server.programs.build_run"

_log = logging.getLogger(__name__)


def begin(home: Path, wish: BuildWish) -> str:
    """Start the program, and return the build's id. Raises LocalkuError where it cannot begin."""
    return str(background_program.started(home, NAME, asdict(wish))["id"])


def _serve(context: Context, asked: Mapping[str, object], answer: Answer) -> None:
    wish = BuildWish(**{**asked, "buildpacks": tuple(_list(asked["buildpacks"]))})  # type: ignore[arg-type]
    app = apps.identified(context, wish.app)
    try:
        _build(context, app, wish, answer)
        with starting.server(context) as server:
            server.bring(Bring(app.uuid), lambda line: _log.info("%s", line))
    except LocalkuError as error:
        _log.info("a build of %s failed: %s", app.name, error.message)
        raise


def _build(context: Context, app: App, wish: BuildWish, answer: Answer) -> None:
    """Build it in its turn; what is wrong with the source is told by the build, as on Heroku."""
    signal.signal(signal.SIGTERM, _canceled)
    options = Options(force=True, stays_up=True, buildpacks=wish.buildpacks, has_turn=True)
    with builds.queued(context, app, wish.version) as recording:
        answer.give({"id": recording.build.id})
        with build_turn.turn(context, app, recording.write, lambda: None, recording.build):
            deploy.deploy(context, app, _source(context, wish), options, lambda _event: None, recording)


def _source(context: Context, wish: BuildWish) -> Source:
    if wish.source is not None:
        return Tarball(source_blobs.file(context, wish.source), wish.version, wish.checksum)
    return Remote(wish.url, wish.version, wish.checksum)


def _list(found: object) -> list[object]:
    return found if isinstance(found, list) else []


def _canceled(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    background_program.be("build", _serve)
