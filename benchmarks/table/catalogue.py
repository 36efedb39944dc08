"""All rows, in the order in which a round takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.contenders.dockerfile import Dockerfile
from benchmarks.contenders.heroku_command import HerokuCommand
from benchmarks.contenders.heroku_local import HerokuLocal
from benchmarks.contenders.localku import Localku
from benchmarks.contenders.ten_apps import TenApps
from benchmarks.samples import App, Sample
from benchmarks.table.row import BUILDKIT, COMPARED, HEROKU_LOCAL, OURS, Aim, Row, Side, Taken, Unit

HEROKU, TEN = "heroku", "ten apps"
"""Contenders that stand in no column of their own."""
BUILDERS: dict[str, type[Localku | Dockerfile]] = {OURS: Localku, COMPARED: Dockerfile, BUILDKIT: Dockerfile}
ONE_LINE = (Aim(0.85), Aim(1.1, BUILDKIT))
COMMAND = (Aim(0.2),)


def rows() -> tuple[Row, ...]:
    return (*_builds(), *_starts(), *_sizes(), *_commands())


def _builds() -> tuple[Row, ...]:
    plain, script = Sample.WITHOUT_COLLECTSTATIC, Sample.WITH_SCRIPT
    return (
        Row("cold", "cold build", _each("cold_build"), (Aim(1.1), Aim(1.3, BUILDKIT)), Taken.COLD_ROUNDS, any_app=True),
        Row("one-line", "one line of a view changed", _after(_view), ONE_LINE, any_app=True),
        Row("no-collectstatic", "the same without collectstatic", _after(_view, plain), (Aim(0.7),)),
        Row("css", "one line of CSS changed", _after(lambda app: app.change_style()), ONE_LINE),
        Row("template", "one line of a template changed", _after(lambda app: app.change_template()), ONE_LINE),
        Row("build-script", "one line changed, with a build script", _after(_view, script), (Aim(1.3),)),
        Row(
            "requirement",
            "dependency added to requirements.txt",
            _after(lambda app: app.add_requirement()),
            (Aim(0.9),),
        ),
        Row("package", "dependency added to package.json", _after(lambda app: app.add_package()), (Aim(0.9),)),
        Row("unchanged", "build, nothing changed", _each("unchanged_build"), (Aim(0.4, None),), any_app=True),
    )


def _starts() -> tuple[Row, ...]:
    local_up = Side(HEROKU_LOCAL, HEROKU_LOCAL, Sample.SHELF, HerokuLocal.up)
    local_reset = Side(HEROKU_LOCAL, HEROKU_LOCAL, Sample.SHELF, HerokuLocal.reset)
    no_build = (_ours(Localku.up_without_build), *_by_hand(Dockerfile.up), local_up)
    beside_server = (_ours(Localku.up_beside_server), *_by_hand(Dockerfile.up))
    return (
        Row("up-no-build", "`up --no-build` against `docker run`", no_build, (Aim(1.4),), any_app=True),
        Row("up", "`up`, nothing changed, against `docker run`", _each("up"), (Aim(1.8),), any_app=True),
        Row("up-with-server", "`up --no-build` with the server running", beside_server, (Aim(1.4),), any_app=True),
        Row("watch", "save under `up --watch`, against watchdog", _each("save_under_watch"), (Aim(1.0),)),
        Row(
            "reset-fs",
            "`reset-fs` against `docker stop` and `docker run`",
            (*_each("reset"), local_reset),
            (Aim(1.5),),
            any_app=True,
        ),
    )


def _sizes() -> tuple[Row, ...]:
    large = Side(OURS, OURS, Sample.LARGE_SLUG, _changed(_view))
    small = Side(COMPARED, OURS, Sample.SMALL_SLUG, _changed(_view))
    disk = Side(OURS, TEN, Sample.SMALL_SLUG, TenApps.disk)
    layers = Side(COMPARED, TEN, Sample.SMALL_SLUG, TenApps.own_layers)
    return (
        Row("large-slug", "one line of a 300 MB slug, against 30 MB", (large, small), (Aim(1.3),)),
        Row(
            "ten-apps",
            "disk of ten apps, against their own layers",
            (disk, layers),
            (Aim(1.2),),
            Taken.ONCE,
            Unit.MEGABYTES,
        ),
    )


def _commands() -> tuple[Row, ...]:
    theirs = Side(COMPARED, HEROKU, Sample.SHELF, HerokuCommand.config)
    against = "against `heroku config`"
    return (
        Row("ps", f"`ps` {against}", (_ours(Localku.ps), theirs), COMMAND, any_app=True),
        Row("config", f"`config` {against}", (_ours(Localku.show_config), theirs), COMMAND, any_app=True),
        Row("logs", f"`logs -n 100` {against}", (_ours(Localku.logs), theirs), COMMAND, any_app=True),
    )


def _ours(take: Callable[[Localku], float]) -> Side:
    return Side(OURS, OURS, Sample.SHELF, take)


def _by_hand(take: Callable[[Dockerfile], float]) -> tuple[Side, ...]:
    return tuple(Side(column, column, Sample.SHELF, take) for column in (COMPARED, BUILDKIT))


def _each(operation: str) -> tuple[Side, ...]:
    """What localku and both of Docker's builders can do under one name."""
    return tuple(Side(name, name, Sample.SHELF, getattr(kind, operation)) for name, kind in BUILDERS.items())


def _after(change: Callable[[Any], None], sample: Sample = Sample.SHELF) -> tuple[Side, ...]:
    return tuple(Side(name, name, sample, _changed(change)) for name in BUILDERS)


def _view(app: App) -> None:
    app.change_view()


def _changed(change: Callable[[Any], None]) -> Callable[[Localku | Dockerfile], float]:
    return lambda builder: builder.build_after(lambda: change(builder.app))
