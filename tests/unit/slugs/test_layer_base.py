"""What a dependency layer is made on: an earlier one of the app, or the run image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from localku.engine import labels
from localku.engine.images import Image
from localku.engine.spec import ContainerSpec
from localku.errors import LocalkuError
from localku.slugs import slug_image
from localku.slugs.building.layer_container import ANEW, NOTHING, Base, Part
from localku.slugs.slug_image import MOST_IMAGES, Images
from localku.slugs.users import identity
from localku.slugs.values import Slug

RUN = ("sha256:run1", "sha256:run2")
WRITTEN = 9
SLUG = Slug("b1", "f" * 32, (".heroku", "node_modules"), 5, {}, (), (), ())


@dataclass
class Engine:
    """Images by name, as their layers; each layer of an app's is 10 bytes. `answers` are the script's, in order."""

    known: dict[str, tuple[str, ...]]
    answers: list[tuple[int, str]]

    def __post_init__(self) -> None:
        self.images: Any = self
        self.containers: Any = self
        self.made: list[ContainerSpec] = []
        self.committed: list[str] = []
        self.marks: list[dict[str, str]] = []
        self.removed: list[str] = []
        self.removed_aside: list[str] = []
        self.fed: list[str] = []
        self.started: list[str] = []
        self.asked: list[list[str]] = []
        self.hung_up: list[str] = []

    def find(self, name: str) -> Image | None:
        layers = self.known.get(name)
        return Image(name, (name,), {}, 10 * len(layers), "amd64") if layers is not None else None

    def layers(self, name: str) -> tuple[str, ...]:
        return self.known[name]

    def create(self, spec: ContainerSpec) -> str:
        self.made.append(spec)
        return spec.name

    def put(self, container: str, _path: str, _archive: bytes) -> None:
        self.fed.append(container)

    def attach_socket(self, container: str) -> Stream:
        return Stream(self, container)

    def start(self, container: str) -> None:
        self.started.append(container)

    def commit(self, container: str, _repository: str, _tag: str, config: dict[str, Any]) -> str:
        self.committed.append(container)
        self.marks.append(config["Labels"])
        return f"{container}-image"

    def remove(self, container: str) -> None:
        self.removed.append(container)

    def remove_aside(self, container: str) -> None:
        self.removed.append(container)
        self.removed_aside.append(container)


@dataclass
class Stream:
    """Answers what it is sent, in two pieces, or breaks off where there is no answer."""

    engine: Engine
    container: str

    def send(self, data: bytes) -> None:
        self.engine.asked.append(data.decode().split("\0")[:-1])

    def frames(self) -> Iterator[tuple[int, bytes]]:
        while self.engine.answers:
            status, said = self.engine.answers.pop(0)
            yield 1, f"{said}\n={status}".encode()
            yield 1, f" {WRITTEN}\n".encode()

    def hang_up(self) -> None:
        self.engine.hung_up.append(self.container)


@pytest.fixture(autouse=True)
def _accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slug_image.accounts, "of", lambda *_: {"passwd": "", "group": ""})


def make(engine: Any, *known: str, slug: Slug = SLUG) -> int:
    images = Images(engine, {}, identity(10000))
    base = images.base("run", {f"of-{image}": image for image in known}, "/lists")
    return images.make_layer("run", "volume", slug, "localku/x:deps-1", base)


def spent(spec: ContainerSpec) -> str:
    return spec.command[-1]


def test_the_newest_layer_that_is_there_is_the_base() -> None:
    engine = Engine({"run": RUN, "new": (*RUN, "a", "b"), "old": (*RUN, "a")}, [(0, "70\n")])
    assert make(engine, "gone", "new", "old") == 70
    assert [(spec.image, spent(spec)) for spec in engine.made] == [("new", "20")]
    assert engine.committed == engine.removed == ["localku-layer-b1-on"]
    assert engine.asked == [["all", "5", "/lists/of-new", "2", ".heroku", "node_modules"]]
    assert not engine.fed, "accounts and the dynos' entry are in it"


@pytest.mark.parametrize("known", [(), ("new",)])
def test_a_layer_says_how_many_below_it_are_the_run_images(known: tuple[str, ...]) -> None:
    engine = Engine({"run": RUN, "new": (*RUN, "a", "b")}, [(0, "70\n")])
    make(engine, *known)
    assert [marks[labels.STACK_LAYERS] for marks in engine.marks] == [str(len(RUN))]


@pytest.mark.parametrize(
    "layers",
    [("sha256:run1", "sha256:other", "a"), RUN, (*RUN, *map(str, range(MOST_IMAGES)))],
    ids=["another run image", "nothing of the app", "too many"],
)
def test_what_is_no_base_is_not_used(layers: tuple[str, ...]) -> None:
    engine = Engine({"run": RUN, "new": layers}, [(0, "70")])
    assert make(engine, "new") == 70
    assert [(spec.image, spent(spec)) for spec in engine.made] == [("run", "0")]
    assert engine.fed == engine.committed == ["localku-layer-b1"]


def test_where_a_new_layer_is_better_it_is_made() -> None:
    engine = Engine({"run": RUN, "new": (*RUN, "a")}, [(ANEW, ""), (0, "70")])
    assert make(engine, "new") == 70
    assert [spec.image for spec in engine.made] == ["new", "run"]
    assert engine.committed == ["localku-layer-b1"]
    assert engine.removed == ["localku-layer-b1-on", "localku-layer-b1"]


def test_a_slug_without_dependencies_has_an_empty_layer() -> None:
    engine = Engine({"run": RUN, "new": (*RUN, "a")}, [])
    assert make(engine, "new", slug=Slug("b1", "f" * 32, (), 5, {}, (), (), ())) == 0
    assert engine.committed == ["localku-layer-b1"]
    assert not engine.started


def test_a_copy_that_fails_is_told_and_leaves_no_container() -> None:
    engine = Engine({"run": RUN}, [(1, "cp: error writing: No space left on device")])
    with pytest.raises(LocalkuError, match="disk is full"):
        make(engine)
    assert engine.removed == ["localku-layer-b1"]
    assert not engine.committed
    assert not engine.removed_aside, "the end of the program does not wait for that"


@pytest.mark.parametrize(("answers", "said"), [([], "the container has ended"), ([(0, "no number")], "no number")])
def test_a_container_that_does_not_answer_is_told(answers: list[tuple[int, str]], said: str) -> None:
    engine = Engine({"run": RUN}, answers)
    with pytest.raises(LocalkuError, match=said):
        make(engine)
    assert engine.removed == ["localku-layer-b1"]


def images_of(engine: Engine) -> Images:
    return Images(cast("Any", engine), {}, identity(10000))


def test_a_container_that_works_when_the_build_is_interrupted_is_taken_away() -> None:
    engine = Engine({"run": RUN}, [])
    images = images_of(engine)
    images.open(images.run_base("run"), "volume", "b1")
    images.break_off()
    assert engine.removed == ["localku-layer-b1"]


def test_after_an_interruption_none_begins_to_work() -> None:
    engine = Engine({"run": RUN}, [(0, "70")])
    images = images_of(engine)
    images.break_off()
    with pytest.raises(LocalkuError, match="the build is over"):
        images.make_layer("run", "volume", SLUG, "localku/x:deps-1")
    assert (engine.removed, engine.committed) == (["localku-layer-b1"], [])


PART = Part((".heroku/node",), 1, "/slug/part-1")


def test_a_part_comes_into_the_container_that_the_rest_comes_into() -> None:
    engine = Engine({"new": (*RUN, "a")}, [(0, ""), (NOTHING, ""), (0, "70")])
    images = images_of(engine)
    container = images.open(Base("new", 10, len(RUN), ("/lists/f",)), "volume", "b1", "-part1")
    assert images.bring(container, PART)
    assert images.bring(container, replace(PART, number=2, list_file="/slug/part-2"))
    assert container.written == WRITTEN
    assert images.make_layer("run", "volume", SLUG, "localku/x:deps-1", None, container) == 70
    lists = "/lists/f:/slug/part-1:/slug/part-2"
    assert engine.asked[0] == ["part", "0", "/lists/f", "1", ".heroku/node"]
    assert engine.asked[2] == ["all", "5", lists, "2", ".heroku", "node_modules"]
    assert engine.started == engine.committed == engine.removed == engine.hung_up == ["localku-layer-b1-part1"]


def test_a_part_may_be_an_image_of_its_own_that_the_rest_comes_on() -> None:
    engine = Engine({"run": RUN, "localku-layer-b1-part1-image": (*RUN, "a")}, [(0, "")])
    images = images_of(engine)
    container = images.open(images.run_base("run"), "volume", "b1", "-part1")
    assert images.bring(container, PART)
    made = images.commit_part(container)
    assert made == Base("localku-layer-b1-part1-image", 10, len(RUN), ("/slug/part-1",))
    assert [set(marks) for marks in engine.marks] == [{labels.STACK_LAYERS}]
    assert engine.fed == engine.committed == engine.removed == ["localku-layer-b1-part1"]


def test_a_part_for_which_a_new_layer_is_better_waits_for_the_rest() -> None:
    engine = Engine({"new": (*RUN, "a")}, [(ANEW, "")])
    images = images_of(engine)
    assert not images.bring(images.open(Base("new", 10, len(RUN)), "volume", "b1"), PART)
    assert engine.removed == engine.hung_up == ["localku-layer-b1"]


def test_where_parts_came_and_a_new_layer_is_better_that_is_made() -> None:
    engine = Engine({"run": RUN, "new": (*RUN, "a")}, [(0, ""), (ANEW, ""), (0, "70")])
    images = images_of(engine)
    container = images.open(Base("new", 10, len(RUN)), "volume", "b1", "-part1")
    images.bring(container, PART)
    assert images.make_layer("run", "volume", SLUG, "localku/x:deps-1", None, container) == 70
    assert engine.committed == ["localku-layer-b1"]
    assert engine.removed == ["localku-layer-b1-part1", "localku-layer-b1"]


def test_a_part_that_fails_is_told() -> None:
    engine = Engine({"run": RUN}, [(1, "tar: gone")])
    images = images_of(engine)
    with pytest.raises(LocalkuError, match="tar: gone"):
        images.bring(images.open(Base("run", 0, len(RUN)), "volume", "b1"), PART)
    assert engine.removed == ["localku-layer-b1"]
