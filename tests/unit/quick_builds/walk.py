"""A walk: changes one after another, and after each the app is built twice."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from changes import CHANGES
from source import Source
from support.likeness import Slug, differences, exact, slug
from world import Built, World

if TYPE_CHECKING:
    from shelf import Shelf

KILLED = "killed"
"""A change of its own: a build that is killed at some moment, before the one that counts."""


QUICK = ("Missing", "Received", "Compared", "Settled")
"""Reports of what is made anew, and what is not."""

_WORLDS = re.compile(rb"(?<=/)(quick|clean)(?=/(tmp|app)\b)")
"""What is not equal in paths of the two."""


@dataclass(frozen=True)
class Step:
    change: str
    number: int


class NotEqual(AssertionError):
    pass


def steps(seed: int, count: int) -> list[Step]:
    chance = Random(seed)  # noqa: S311 - it is to be repeatable
    names = [*CHANGES, KILLED, KILLED]
    return [Step(chance.choice(names), chance.randrange(10**6)) for _ in range(count)]


@dataclass
class Walk:
    """Builds in `quick`, which goes on from build to build, and in `clean`, which begins anew each time."""

    root: Path
    shelf: Shelf
    large: bool = False
    source: Source = field(default_factory=Source.first)
    built: int = 0
    failed: int = 0
    layers: dict[str, Slug] = field(default_factory=dict)
    done: list[Step] = field(default_factory=list)
    seconds: float = 1.0

    def __post_init__(self) -> None:
        self.quick = World(self.root, "quick", self.shelf, large=self.large)
        self.clean = World(self.root, "clean", self.shelf)

    def through(self, wanted: Sequence[Step]) -> None:
        self.build()
        for step in wanted:
            self.done.append(step)
            before = copy.deepcopy(self.source)
            if step.change == KILLED:
                self.killed(step.number)
            else:
                CHANGES[step.change](self.source, step.number)
            if not self.build():
                self.source = before

    def killed(self, number: int) -> None:
        self.source.settle()
        self.built += 1
        running = self.quick.start(self.built, self.source)
        running.kill(after=self.seconds * (number % 1000) / 1000)
        running.end()

    def build(self) -> bool:
        """Build in both worlds and compare; return whether the app builds."""
        self.source.settle()
        self.built += 1
        self.clean.clear()
        running = [world.start(self.built, self.source) for world in (self.quick, self.clean)]
        quick, clean = (each.end() for each in running)
        self.seconds = quick.seconds
        self._compare_ends(quick, clean)
        if quick.ok:
            self._compare_slugs(quick, clean)
        else:
            self.failed += 1
        return quick.ok

    def _compare_ends(self, quick: Built, clean: Built) -> None:
        ends = [
            [(event["event"], event.get("reference")) for event in each.events if event["event"] not in QUICK]
            for each in (quick, clean)
        ]
        if ends[0] != ends[1] or quick.status != clean.status:
            raise NotEqual(self._told([f"{quick.events}\n{quick.output}", f"{clean.events}\n{clean.output}"]))

    def _compare_slugs(self, quick: Built, clean: Built) -> None:
        told = [{**each.slug, "layer": "", "app_compressed": 0} for each in (quick, clean)]
        found = differences(*(slug(each.folder, _WORLDS) for each in (quick, clean)))
        found += [] if told[0] == told[1] else [f"{told[0]} / {told[1]}"]
        layer = exact(quick.folder, quick.slug["layer_paths"])
        found += differences(self.layers.setdefault(quick.slug["layer"], layer), layer)
        self.quick.image.make(quick.folder.name.removeprefix("build_"), quick.slug["layer"], self.quick.known)
        found += self.quick.image.unlike(quick.folder, quick.slug["layer_paths"])
        if found:
            raise NotEqual(self._told([*found, quick.output, clean.output]))

    def _told(self, lines: list[str]) -> str:
        way = ", ".join(f"{step.change} {step.number}" for step in self.done)
        return "\n".join([f"build {self.built} after: {way}", *lines])
