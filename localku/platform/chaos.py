"""Trouble on purpose: what may happen on Heroku on any day, at a rate and in an order that can be repeated."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.records import App, ChaosPlan

RESTART, KILL_WORKER, SLOW, DATABASE = "restart", "kill-worker", "slow", "database"

KINDS = {
    RESTART: "A dyno restarts, as when its host is replaced.",
    KILL_WORKER: "A process in a dyno, never the first one, gets SIGKILL.",
    SLOW: "A dyno has next to no CPU for 2 to 10 seconds.",
    DATABASE: "The app's databases drop all connections.",
}

SEEDS = 10_000
"""Seeds that are made up here are short, to be typed again."""


@dataclass(frozen=True)
class Act:
    """`at` is platform seconds after the beginning, `lasts` those a slow dyno is slow, `pick` 0 to 1 the target."""

    number: int
    at: float
    kind: str
    pick: float
    lasts: float

    def choose(self, number: int) -> int:
        """Which of so many it happens to."""
        return int(self.pick * number)


def acts(plan: ChaosPlan) -> Iterator[Act]:
    """Without end, and always the same for a plan: on any machine, in any version of Python."""
    chance = random.Random(plan.seed)  # noqa: S311 - to be repeated is what it is for
    at = 0.0
    for number in count(1):
        at += 60 / plan.rate * (0.5 + chance.random())
        kind = plan.kinds[int(chance.random() * len(plan.kinds))]
        yield Act(number, at, kind, chance.random(), 2 + 8 * chance.random())


def of(context: Context, app: App) -> ChaosPlan | None:
    """Return what is wanted of it, None where that is nothing."""
    return context.store.chaos.of(app)


def enable(context: Context, app: App, rate: float, seed: int | None, kinds: tuple[str, ...]) -> ChaosPlan:
    """Make trouble from now on, or from the app's next start; the sequence begins anew with each of both.

    `rate` is acts a minute, above 0.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise LocalkuError(
            f"Unknown kind of fault '{unknown[0]}'.",
            f"Kinds: {', '.join(KINDS)}.",
            kind=Kind.INVALID,
            resource="chaos",
        )
    chosen = tuple(kind for kind in KINDS if kind in kinds or not kinds)
    chosen_seed = secrets.randbelow(SEEDS) if seed is None else seed
    plan = ChaosPlan(app.id, rate, chosen_seed, chosen, context.clock.now())
    context.store.chaos.set(plan)
    context.log(app).write("localku", "chaos", f"on: {describe(plan)}")
    return plan


def disable(context: Context, app: App) -> None:
    if context.store.chaos.of(app) is not None:
        context.store.chaos.clear(app)
        context.log(app).write("localku", "chaos", "off")


def describe(plan: ChaosPlan) -> str:
    return f"{plan.rate:g} a minute, seed {plan.seed}, of {', '.join(plan.kinds)}"
