"""The container that an app's image is made in: made ahead, filled when the build is over, replaced when it is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

import pytest
from support_wait import until

from localku.engine.client import Engine
from localku.engine.engine_errors import DiskFull, NotFound
from localku.engine.images import Image
from localku.engine.spec import NO_NETWORK, ContainerSpec
from localku.errors import LocalkuError
from localku.slugs.building.ahead import Ahead
from localku.slugs.building.job import Job
from localku.slugs.building.parcel import BaseImage
from localku.slugs.inside.events import Compared
from localku.slugs.release_image import ELSEWHERE, Filling, ReleaseImages
from localku.slugs.stacking import MOST_IMAGES
from localku.slugs.users import identity
from localku.slugs.values import Chain, Slug

JOB = Job(
    "b1",
    "build-image",
    "localku/one:furnished",
    "debian-14",
    "cache",
    Chain((), auto=True),
    {},
    identity(10000),
    (),
    None,
    True,
    {},
)
SLUG = Slug("b1", "a" * 32, (), 1, {"web": "run"}, ("web",), (), ())


class Stream:
    """`said` is what the script answers; nothing where the container is gone."""

    def __init__(self, *said: tuple[int, bytes]) -> None:
        self.sent = b""
        self.hung_up = False
        self._said = said

    def send(self, data: bytes) -> None:
        self.sent += data
        if not self._said:
            raise BrokenPipeError

    def frames(self) -> Iterator[tuple[int, bytes]]:
        yield from self._said

    def hang_up(self) -> None:
        self.hung_up = True


class FakeEngine:
    def __init__(self, *streams: Stream) -> None:
        self.containers = self.volumes = self.images = self
        self.stacks: dict[str, tuple[int, ...]] = {}
        """The sizes of an image's layers."""
        self._lock = threading.Lock()
        self.specs: list[ContainerSpec] = []
        self.streams = list(streams)
        self.done: list[str] = []
        self.refuse_start = False

    def layers(self, image: str) -> tuple[str, ...]:
        if image not in self.stacks:
            raise NotFound("no such image")
        return tuple(f"{number}: {size}" for number, size in enumerate(self.stacks[image]))

    def find(self, image: str) -> Image | None:
        sizes = self.stacks.get(image)
        return None if sizes is None else Image(image, (image,), {}, sum(sizes), "amd64")

    def ensure(self, _name: str, _labels: Mapping[str, str]) -> None:
        """Make the volume."""

    def create(self, spec: ContainerSpec) -> str:
        with self._lock:
            self.specs.append(spec)
            return f"c{len(self.specs)}"

    def attach_socket(self, container: str) -> Stream:
        self.done.append(f"attach {container}")
        return self.streams[int(container[1:]) - 1]

    def start(self, container: str) -> None:
        if self.refuse_start:
            raise NotFound("it is gone")
        self.done.append(f"start {container}")

    def remove(self, container: str) -> None:
        self.done.append(f"remove {container}")

    def commit(self, container: str, repository: str, tag: str, configuration: Mapping[str, Any]) -> None:
        self.done.append(f"commit {container} {repository}:{tag} {configuration['Cmd']}")


DONE = Stream((1, b"do"), (1, b"ne\n"))


def made(
    engine: FakeEngine,
    expected: str | None = "app:deps-a",
    layer: str = "app:deps-a",
    job: Job = JOB,
    slug: Slug = SLUG,
) -> list[str]:
    images = ReleaseImages(cast("Engine", engine), job)
    ahead: Ahead[Filling] = Ahead(images.container, images.let_go, images.remove, expected)
    with ahead:
        ahead.begin()
        images.make(ahead, layer, "app:build-b1", slug)
    ahead._aside.shutdown()
    return engine.done


def test_the_container_made_ahead_is_sent_the_build_and_committed_as_it_runs() -> None:
    stream = Stream((1, b"do"), (1, b"ne\n"))
    engine = FakeEngine(stream)
    assert made(engine) == ["attach c1", "start c1", "commit c1 app:build-b1 ['run']"]
    assert stream.sent == b"b1\n"
    assert stream.hung_up
    assert engine.specs[0].auto_remove, "the engine takes it away when it ends"


class Interrupted(Stream):
    """Ctrl-C comes while the container is listened to."""

    def frames(self) -> Iterator[tuple[int, bytes]]:
        raise KeyboardInterrupt


def test_a_build_that_is_interrupted_takes_its_containers_away_before_the_program_ends() -> None:
    streams = Interrupted((1, b"")), Interrupted((1, b""))
    engine = FakeEngine(*streams)
    with pytest.raises(KeyboardInterrupt):
        made(engine, layer="app:deps-b")
    until(lambda: {"remove c1", "remove c2"} <= set(engine.done))
    assert not any(stream.hung_up for stream in streams), "what hangs up is taken away some time later"


def test_it_may_do_no_more_than_a_dyno() -> None:
    engine = FakeEngine(DONE)
    made(engine)
    (spec,) = engine.specs
    assert (spec.user, spec.network, spec.capabilities) == ("10000:1000", NO_NETWORK, ())
    assert [(mount.volume, mount.path, mount.read_only) for mount in spec.mounts] == [("cache", "/tmp", True)]
    assert spec.tmpfs == ELSEWHERE


def test_a_build_whose_layer_was_not_the_one_expected_gets_a_container_of_it_beside_the_one_made_ahead() -> None:
    streams = Stream((1, b"done\n")), Stream((1, b"done\n"))
    engine = FakeEngine(*streams)
    made(engine, layer="app:deps-b")
    images = [spec.image for spec in engine.specs]
    assert sorted(images) == ["app:deps-a", "app:deps-b"]
    assert engine.specs[0].name != engine.specs[1].name
    assert f"commit c{images.index('app:deps-b') + 1} app:build-b1 ['run']" in engine.done
    assert all(stream.hung_up for stream in streams)


def test_another_takes_the_place_of_one_that_was_killed() -> None:
    engine = FakeEngine(Stream(), DONE)
    made(engine)
    assert [spec.image for spec in engine.specs] == ["app:deps-a", "app:deps-a"]
    assert "commit c2 app:build-b1 ['run']" in engine.done


def test_when_that_ends_too_the_build_fails() -> None:
    engine = FakeEngine(Stream(), Stream())
    with pytest.raises(LocalkuError, match="the container ended"):
        made(engine)
    assert not any(each.startswith("commit") for each in engine.done)


FULL = Stream((2, b"tar: ./big: Cannot write: No space left "), (2, b"on device\n"))
CHECKS: list[tuple[Stream, type[LocalkuError], str]] = [
    (FULL, DiskFull, "the engine's disk is full"),
    (Stream((2, b"tar: ./gone: Cannot stat\n")), LocalkuError, "into an image: tar: ./gone: Cannot stat"),
]


@pytest.mark.parametrize(("stream", "kind", "said"), CHECKS)
def test_what_it_complains_of_is_the_error(stream: Stream, kind: type[LocalkuError], said: str) -> None:
    with pytest.raises(kind, match=said):
        made(FakeEngine(stream, DONE))


def test_nothing_stays_of_one_that_cannot_be_started() -> None:
    engine = FakeEngine(DONE)
    engine.refuse_start = True
    make: Callable[[str], Filling] = ReleaseImages(cast("Engine", engine), JOB).container
    with pytest.raises(NotFound):
        make("app:deps-a")
    assert engine.done == ["attach c1", "remove c1"]


BASE = BaseImage("app:build-b0", "b0", "a" * 32, "hash")
AGAIN = replace(JOB, base=BASE)


def compared(changed: int | None, size: int = 1000) -> Slug:
    return replace(SLUG, own=Compared("hash", size, changed))


def stacks(*own: int) -> dict[str, tuple[int, ...]]:
    return {"app:deps-a": (50, 60), "app:build-b0": (50, 60, *own)}


def image_of(engine: FakeEngine, slug: Slug, job: Job = AGAIN) -> str:
    made(engine, expected=None, job=job, slug=slug)
    (spec,) = engine.specs
    return f"{spec.image} {engine.streams[0].sent.decode()}"


def test_an_app_s_image_is_made_on_its_last_one() -> None:
    engine = FakeEngine(Stream((1, b"done\n")))
    engine.stacks = stacks(1000)
    assert image_of(engine, compared(10)) == "app:build-b0 b1 on\n"


ANEW: list[tuple[tuple[int, ...], int | None]] = [
    ((1000,), None),  # its layer is another
    ((1000,), 501),  # most of it has changed
    ((1000, 600, 390), 11),  # too much of what is below is not there any more
    ((1000, *[1] * (MOST_IMAGES - 1)), 1),
    ((), 1),
]


@pytest.mark.parametrize(("own", "changed"), ANEW)
def test_or_anew_where_that_is_better(own: tuple[int, ...], changed: int | None) -> None:
    engine = FakeEngine(Stream((1, b"done\n")))
    engine.stacks = stacks(*own)
    assert image_of(engine, compared(changed)) == "app:deps-a b1\n"


@pytest.mark.parametrize("there", [{"app:deps-a": (50, 60)}, {"app:deps-a": (50, 60), "app:build-b0": (50, 61, 9)}, {}])
def test_and_where_the_last_one_is_gone_or_stands_on_something_else(there: dict[str, tuple[int, ...]]) -> None:
    engine = FakeEngine(Stream((1, b"done\n")))
    engine.stacks = there
    assert image_of(engine, compared(10)) == "app:deps-a b1\n"


def test_the_first_image_is_made_on_none() -> None:
    engine = FakeEngine(Stream((1, b"done\n")))
    engine.stacks = stacks(1000)
    assert image_of(engine, SLUG, JOB) == "app:deps-a b1\n"
