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
from localku.slugs.slug_image import ANEW, MOST_IMAGES, NOTHING, Base, Images, Part
from localku.slugs.users import identity
from localku.slugs.values import Slug

RUN = ("sha256:run1", "sha256:run2")
SLUG = Slug("b1", "f" * 32, (".heroku", "node_modules"), 5, {}, (), (), ())


@dataclass
class Engine:
    """Images by name, as their layers; each layer of an app's is 10 bytes. `answers` are what the script ends with."""

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

    def attach(self, _container: str) -> Iterator[tuple[str, bytes]]:
        return iter([("stdout", self.answers[0][1].encode())])

    def start(self, _container: str) -> None:
        """It ends at once."""

    def wait(self, _container: str) -> int:
        return self.answers.pop(0)[0]

    def commit(self, container: str, _repository: str, _tag: str, config: dict[str, Any]) -> str:
        self.committed.append(container)
        self.marks.append(config["Labels"])
        return f"{container}-image"

    def remove(self, container: str) -> None:
        self.removed.append(container)

    def remove_aside(self, container: str) -> None:
        self.removed.append(container)
        self.removed_aside.append(container)


@pytest.fixture(autouse=True)
def _accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slug_image.accounts, "of", lambda *_: {"passwd": "", "group": ""})


def make(engine: Any, *known: str, slug: Slug = SLUG) -> int:
    images = Images(engine, {}, identity(10000))
    base = images.base("run", {f"of-{image}": image for image in known}, "/lists")
    return images.make_layer("run", "volume", slug, "localku/x:deps-1", base)


def spent(spec: ContainerSpec) -> str:
    return spec.command[spec.command.index(".heroku") - 2]


def test_the_newest_layer_that_is_there_is_the_base() -> None:
    engine = Engine({"run": RUN, "new": (*RUN, "a", "b"), "old": (*RUN, "a")}, [(0, "70\n")])
    assert make(engine, "gone", "new", "old") == 70
    assert [(spec.image, spent(spec)) for spec in engine.made] == [("new", "20")]
    assert engine.committed == engine.removed == ["localku-layer-b1-on"]
    assert "/lists/of-new" in engine.made[0].command
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


def test_a_copy_that_fails_is_told_and_leaves_no_container() -> None:
    engine = Engine({"run": RUN}, [(1, "cp: error writing: No space left on device")])
    with pytest.raises(LocalkuError, match="No space left") as raised:
        make(engine)
    assert "disk is full" in raised.value.hint
    assert engine.removed == ["localku-layer-b1"]
    assert not engine.committed
    assert not engine.removed_aside, "the end of the program does not wait for that"


def test_a_container_that_works_when_the_build_is_interrupted_is_taken_away() -> None:
    engine = Engine({"run": RUN}, [])
    images = Images(cast("Any", engine), {}, identity(10000))
    work = slug_image._Work(images.run_base("run"), "volume", "b1", "")
    with images._container(work, ()):
        images.break_off()
        assert engine.removed == ["localku-layer-b1"]


def test_after_an_interruption_none_begins_to_work() -> None:
    engine = Engine({"run": RUN}, [(0, "70")])
    images = Images(cast("Any", engine), {}, identity(10000))
    images.break_off()
    with pytest.raises(LocalkuError, match="the build is over"):
        images.make_layer("run", "volume", SLUG, "localku/x:deps-1")
    assert (engine.removed, engine.committed) == (["localku-layer-b1"], [])


PART = Part((".heroku/node",), 1, "/slug/part-1")


def make_part(engine: Any, base: Base) -> Base | None:
    return Images(engine, {}, identity(10000)).make_part(base, "volume", "b1", PART)


def test_a_part_is_what_the_rest_comes_on() -> None:
    engine = Engine({"run": RUN, "localku-layer-b1-part1-image": (*RUN, "a")}, [(0, "")])
    base = Images(engine, {}, identity(10000)).run_base("run")  # type: ignore[arg-type]
    assert make_part(engine, base) == Base("localku-layer-b1-part1-image", 10, len(RUN), ("/slug/part-1",))
    assert engine.made[0].command[-1] == ".heroku/node"
    assert engine.fed == engine.committed == engine.removed == ["localku-layer-b1-part1"]


def test_a_part_that_changes_nothing_makes_no_image() -> None:
    engine = Engine({"new": (*RUN, "a")}, [(NOTHING, "")])
    base = Base("new", 10, len(RUN), ("/lists/f",))
    assert make_part(engine, base) == replace(base, lists=("/lists/f", "/slug/part-1"))
    assert not engine.committed


def test_a_part_for_which_a_new_layer_is_better_waits_for_the_rest() -> None:
    engine = Engine({"new": (*RUN, "a")}, [(ANEW, "")])
    assert make_part(engine, Base("new", 10, len(RUN))) is None


def test_a_part_that_fails_is_told() -> None:
    engine = Engine({"run": RUN}, [(1, "tar: gone")])
    with pytest.raises(LocalkuError, match="tar: gone"):
        make_part(engine, Base("run", 0, len(RUN)))
    assert engine.removed == ["localku-layer-b1-part1"]
