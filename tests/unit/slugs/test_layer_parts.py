"""A dependency layer that is begun while buildpacks still work."""

from __future__ import annotations

from contextlib import suppress
from threading import Event, Timer
from typing import Any

import pytest

from localku.engine.images import Image
from localku.errors import LocalkuError
from localku.slugs import layer_parts
from localku.slugs.building.job import Job
from localku.slugs.inside.events import Settled
from localku.slugs.layer_parts import LayerParts
from localku.slugs.slug_image import Base, Part
from localku.slugs.users import identity
from localku.slugs.values import Chain, Slug

JOB = Job(
    build_id="b" * 32,
    image="build-image",
    furnished="furnished-image",
    stack="debian-14",
    volume="cache",
    chain=Chain((), auto=True),
    config={},
    who=identity(10000),
    layer_paths=(".heroku",),
    commit=None,
    offline=True,
    labels={},
)
SLUG = Slug(JOB.build_id, "f" * 32, (".heroku",), 5, {}, (), (), ())


class Engine:
    def __init__(self) -> None:
        self.images = self
        self.removed: list[str] = []

    def labelled(self, labels: dict[str, str]) -> tuple[Image, ...]:
        assert labels == JOB.labels
        return (Image("named", ("x:deps-1",), {}, 1, "amd64"), Image("left", (), {}, 1, "amd64"))

    def remove(self, name: str) -> None:
        self.removed.append(name)


class Images:
    """Writes down what is made on what. `hold` keeps a part until it is set."""

    made: list[str]
    hold: Event
    fails = False
    broken_off = 0

    def __init__(self, *_: object) -> None:
        """Take what the real one takes."""

    def base(self, _run_image: str, known: dict[str, str], _lists: str) -> Base | None:
        return Base(next(iter(known.values())), 10, 2) if known else None

    def run_base(self, run_image: str) -> Base:
        return Base(run_image, 0, 2)

    def make_part(self, base: Base, _volume: str, _build: str, part: Part) -> Base | None:
        self.made.append(f"{','.join(part.paths)} on {base.image}")
        self.hold.wait()
        if self.fails:
            raise LocalkuError("no")
        return Base(f"part {part.number}", 20, 2, (*base.lists, part.list_file))

    def break_off(self) -> None:
        type(self).broken_off += 1
        self.hold.set()

    def make_layer(self, run_image: str, _volume: str, _slug: Slug, _tag: str, base: Base | None) -> int:
        self.made.append(f"layer on {base.image if base else run_image} knowing {','.join(base.lists if base else ())}")
        return 7


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    Images.made, Images.hold, Images.fails, Images.broken_off = [], Event(), False, 0
    Images.hold.set()
    monkeypatch.setattr(layer_parts, "Images", Images)


def parts(engine: Any, **known: str) -> LayerParts:
    return LayerParts(engine, JOB, "run", known)


def until(number: int) -> None:
    """Wait until so many parts are made, or being made."""
    while len(Images.made) < number:
        continue


def test_the_rest_comes_on_the_parts_that_were_made() -> None:
    with parts(Engine(), f="deps-1") as begun:
        begun.begin(Settled((".heroku/node",), 1))
        until(1)
        begun.begin(Settled(("vendor",), 2))
        until(2)
        assert begun.make_layer(SLUG, "deps-2") == 7
    out = JOB.out_dir
    assert Images.made == [
        ".heroku/node on deps-1",
        "vendor on part 1",
        f"layer on part 2 knowing {out}/part-1,{out}/part-2",
    ]


def test_a_part_that_has_not_been_begun_comes_with_the_rest() -> None:
    Images.hold.clear()
    with parts(Engine()) as begun:
        begun.begin(Settled((".heroku/node",), 1))
        begun.begin(Settled(("vendor",), 2))
        until(1)
        Timer(0.1, Images.hold.set).start()
        begun.make_layer(SLUG, "deps-2")
    assert Images.made == [".heroku/node on run", f"layer on part 1 knowing {JOB.out_dir}/part-1"]


def test_where_no_part_succeeds_the_layer_is_made_as_without_any() -> None:
    Images.fails = True
    with parts(Engine(), f="deps-1") as begun:
        begun.begin(Settled((".heroku/node",), 1))
        until(1)
        begun.make_layer(SLUG, "deps-2")
    assert Images.made[-1] == "layer on deps-1 knowing "


def test_what_an_earlier_build_left_goes_before_the_first_part() -> None:
    engine = Engine()
    with parts(engine) as begun:
        begun.begin(Settled((".heroku/node",), 1))
        until(1)
    assert engine.removed == ["left"]


def test_an_interrupted_build_breaks_off_the_part_that_is_being_made() -> None:
    Images.hold.clear()
    with suppress(KeyboardInterrupt), parts(Engine()) as begun:
        begun.begin(Settled((".heroku/node",), 1))
        until(1)
        raise KeyboardInterrupt
    assert begun._worker
    assert (Images.broken_off, begun._worker.is_alive()) == (1, False)


def test_without_parts_nothing_is_done_aside() -> None:
    engine = Engine()
    with parts(engine) as begun:
        begun.make_layer(SLUG, "deps-2")
    assert Images.made == ["layer on run knowing "]
    assert not engine.removed
