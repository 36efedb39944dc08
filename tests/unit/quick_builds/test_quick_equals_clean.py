"""The slug of a quick build is, file by file, that of a build which has neither cache nor last build.

That holds also of an app that is built as a large one, and of the image, which is made on the last one.

A walk is repeatable but for the moments at which builds are killed; LOCALKU_WALK=SEED:STEPS takes another one.
"""

import os
from pathlib import Path

import pytest
from changes import HOOKS
from shelf import Shelf
from walk import Step, Walk, steps

SEEDS = (1, 2, 3)
LARGE = (5,)
STEPS = 12


def walks(seeds: tuple[int, ...]) -> list[tuple[int, int]]:
    seed, _, count = os.environ.get("LOCALKU_WALK", "").partition(":")
    return [(int(seed), int(count or STEPS))] if seed else [(each, STEPS) for each in seeds]


@pytest.mark.parametrize(("seed", "count"), walks(SEEDS))
def test_a_quick_build_leaves_what_a_build_from_nothing_leaves(
    seed: int, count: int, tmp_path: Path, shelf: Shelf
) -> None:
    print(f"LOCALKU_WALK={seed}:{count}")
    walk = Walk(tmp_path, shelf)
    walk.through(steps(seed, count))
    assert walk.failed < walk.built / 2
    assert walk.quick.image.stacked > 0


@pytest.mark.parametrize(("seed", "count"), walks(LARGE))
def test_so_does_one_of_a_large_app(seed: int, count: int, tmp_path: Path, shelf: Shelf) -> None:
    print(f"LOCALKU_WALK={seed}:{count}")
    walk = Walk(tmp_path, shelf, large=True)
    walk.through(steps(seed, count))
    assert walk.failed < walk.built / 2
    assert walk.quick.image.stacked > 0


@pytest.mark.parametrize("large", [False, True])
def test_nor_does_an_app_s_own_program_that_writes_over_the_source_show_in_the_next_build(
    large: bool, tmp_path: Path, shelf: Shelf
) -> None:
    walk = Walk(tmp_path, shelf, large=large)
    over = [number for number, hook in enumerate(HOOKS) if "static" in hook or "app/" in hook]
    assert len(over) >= 5
    walk.through([step for number in over for step in (Step("hooks", 4 * number + 1), Step("hooks", 0))])
    assert walk.failed == 0
