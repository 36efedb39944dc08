"""`localku chaos` and its two switches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from localku.cli.options import app_option, context_and_app, json_option
from localku.cli.rates import Rate
from localku.cli.terminal import note, say, show_json

if TYPE_CHECKING:
    from localku.records import ChaosPlan


@click.command()
@app_option
@json_option
def chaos(name: str | None, *, as_json: bool) -> None:
    """Show whether trouble is made for the app, and which."""
    from localku.platform import chaos as verbs

    context, app = context_and_app(name)
    _show(verbs.of(context, app), as_json=as_json)


@click.command()
@app_option
@click.option(
    "--rate",
    type=Rate(),
    default="6/m",
    show_default=True,
    metavar="N/UNIT",
    help="Rate of faults, such as 6/m, 1/s or 30/h.",
)
@click.option("--seed", type=click.IntRange(0), help="Seed; the same one repeats the same faults. Random by default.")
@click.option("--kinds", metavar="KIND,...", help="restart, kill-worker, slow or database; all by default.")
@json_option
def chaos_on(name: str | None, *, rate: float, seed: int | None, kinds: str | None, as_json: bool) -> None:
    """Restart dynos, kill and slow down their processes, drop database connections, again and again."""
    from localku.platform import chaos as verbs
    from localku.platform.dynos.running import is_running

    context, app = context_and_app(name)
    chosen = tuple(kind.strip() for kind in kinds.split(",")) if kinds else ()
    plan = verbs.enable(context, app, rate, seed, chosen)
    _show(plan, as_json=as_json)
    if is_running(context, app) is None:
        note(f"{app.name} is not running; faults start with `localku up`.")


@click.command()
@app_option
def chaos_off(name: str | None) -> None:
    """Make no more trouble."""
    from localku.platform import chaos as verbs

    context, app = context_and_app(name)
    verbs.disable(context, app)
    say("off")


def _show(plan: ChaosPlan | None, *, as_json: bool) -> None:
    from localku.platform import chaos as verbs
    from localku.platform import views

    if as_json:
        show_json(views.chaos_plan(plan))
        return
    say(f"on: {verbs.describe(plan)}" if plan else "off")
