"""A dependency layer that is begun while buildpacks still work."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Timer
from typing import Any

import pytest

from localku.engine.images import Image
from localku.errors import LocalkuError
from localku.slugs import layer_parts
from localku.slugs.building.job import Job
from localku.slugs.building.layer_container import Base, Part
from localku.slugs.inside.events import Settled
from localku.slugs.layer_parts import LARGE, LayerParts
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


@dataclass
class Container:
    base: Base
    lists: tuple[str, ...]
    written: int = 0


class Images:
    """Writes down what is made on what. `hold` keeps a part until it is set; `sizes` are the parts' by number."""

    made: list[str]
    hold: Event
    sizes: dict[int, int]
    fails = False
    is_better_anew = False
    broken_off = 0

    def __init__(self, *_: object) -> None:
        """Take what the real one takes."""

    def base(self, _run_image: str, known: dict[str, str], _lists: str) -> Base | None:
        return Base(next(iter(known.values())), 10, 2) if known else None

    def run_base(self, run_image: str) -> Base:
        return Base(run_image, 0, 2)

    def open(self, base: Base, _volume: str, _build: str, _ending: str) -> Container:
        return Container(base, lists=base.lists)

    def bring(self, container: Container, part: Part) -> bool:
        self.made.append(f"{','.join(part.paths)} on {container.base.image}")
        self.hold.wait()
        if self.fails:
            raise LocalkuError("no")
        container.written += self.sizes.get(part.number, 0)
        container.lists = (*container.lists, part.list_file)
        return not self.is_better_anew

    def commit_part(self, container: Container) -> Base:
        self.made.append("committed")
        return Base(f"image on {container.base.image}", 20, 2, container.lists)

    def close(self, _container: Container) -> None:
        self.made.append("closed")

    def break_off(self) -> None:
        type(self).broken_off += 1
        self.hold.set()

    def make_layer(
        self, run_image: str, _volume: str, _slug: Slug, _tag: str, base: Base | None, begun: Container | None
    ) -> int:
        lists = begun.lists if begun else base.lists if base else ()
        where = "in the container of" if begun else "on"
        on = begun.base if begun else base
        self.made.append(f"layer {where} {on.image if on else run_image} knowing {','.join(lists)}")
        return 7


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    Images.made, Images.hold, Images.fails, Images.broken_off = [], Event(), False, 0
    Images.sizes, Images.is_better_anew = {}, False
    Images.hold.set()
    monkeypatch.setattr(layer_parts, "Images", Images)


def parts(engine: Any, **known: str) -> LayerParts:
    return LayerParts(engine, JOB, "run", known)


def until(number: int) -> None:
    """Wait until so many parts are made, or being made."""
    while len(Images.made) < number:
        continue


OUT = JOB.out_dir


def test_parts_and_the_rest_come_into_one_container() -> None:
    with parts(Engine(), f="deps-1") as begun:
        begun.begin(Settled((".heroku/node",), 1))
        until(1)
        begun.begin(Settled(("vendor",), 2))
        until(2)
        assert begun.make_layer(SLUG, "deps-2") == 7
    assert Images.made == [
        ".heroku/node on deps-1",
        "vendor on deps-1",
        f"layer in the container of deps-1 knowing {OUT}/part-1,{OUT}/part-2",
    ]


def test_a_large_part_is_committed_before_the_rest_comes() -> None:
    Images.sizes = {1: LARGE // 2, 2: LARGE // 2, 3: 1}
    with parts(Engine(), f="deps-1") as begun:
        for number in (1, 2, 3):
            begun.begin(Settled((f"vendor/{number}",), number))
        until(4)
        begun.make_layer(SLUG, "deps-2")
    assert Images.made == [
        "vendor/1 on deps-1",
        "vendor/2 on deps-1",
        "committed",
        "vendor/3 on image on deps-1",
        f"layer in the container of image on deps-1 knowing {OUT}/part-1,{OUT}/part-2,{OUT}/part-3",
    ]


def test_a_part_for_which_a_new_layer_is_better_comes_with_the_rest() -> None:
    Images.is_better_anew = True
    with parts(Engine(), f="deps-1") as begun:
        begun.begin(Settled((".heroku/node",), 1))
        until(1)
        begun.make_layer(SLUG, "deps-2")
    assert Images.made == [".heroku/node on deps-1", "layer on deps-1 knowing "]


def test_where_the_app_has_had_the_layer_before_the_container_is_closed() -> None:
    with parts(Engine(), f="deps-1") as begun:
        begun.begin(Settled((".heroku/node",), 1))
        until(1)
    assert Images.made == [".heroku/node on deps-1", "closed"]


def test_a_part_that_has_not_been_begun_comes_with_the_rest() -> None:
    Images.hold.clear()
    with parts(Engine()) as begun:
        begun.begin(Settled((".heroku/node",), 1))
        begun.begin(Settled(("vendor",), 2))
        until(1)
        Timer(0.1, Images.hold.set).start()
        begun.make_layer(SLUG, "deps-2")
    assert Images.made == [".heroku/node on run", f"layer in the container of run knowing {OUT}/part-1"]


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
