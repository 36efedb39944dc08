import io
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import pytest

from localku.clock import SystemClock
from localku.slugs import builder
from localku.slugs.build_errors import BuildFailed
from localku.slugs.builder import Builder, KnownLayer
from localku.slugs.building.ahead import Ahead
from localku.slugs.building.build_stream import Line
from localku.slugs.building.job import Job
from localku.slugs.building.parcel import Parcel
from localku.slugs.inside.events import (
    App,
    Compared,
    Detected,
    Event,
    Failed,
    Incompatible,
    Packed,
    Received,
    Settled,
)
from localku.slugs.users import identity
from localku.slugs.values import Built, Chain, Slug

JOB = Job(
    build_id="b1",
    image="build-image",
    furnished="localku/one:furnished",
    stack="debian-14",
    volume="cache",
    chain=Chain((), auto=True),
    config={},
    who=identity(10000),
    layer_paths=(),
    commit=None,
    offline=True,
    labels={},
)
APP = App("Python", "heroku/python")
LAYER = "abcdef0123456789" * 2
MEGABYTE = 1024 * 1024


def slug_event(**changes: Any) -> Event:
    fields: dict[str, Any] = {
        "release": "default_process_types:\n  web: default\n  console: bash\n",
        "procfile": "web: gunicorn app\nworker: python w.py\n",
        "layer": LAYER,
        "layer_paths": (".heroku",),
        "app_compressed": 1 * MEGABYTE,
    }
    return Packed(**{**fields, **changes})


class Container:
    """A build container that prints and reports what the test says."""

    script: tuple[Line | Event, ...] = ()
    timed_out = False
    left = 0

    def __init__(self, *_: object) -> None:
        """Take what the real one takes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        type(self).left += 1

    def feed(self, _pack: object) -> None:
        """Take the source."""

    def run(self) -> Iterator[Line | Event]:
        yield from self.script


class LayerParts:
    """Makes layers by writing down that it did."""

    made: list[str]

    def __init__(self, _engine: object, _job: Job, run_image: str, known: Mapping[str, str]) -> None:
        self._on = " or ".join([run_image, *known.values()])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Take away what the real one takes away."""

    def begin(self, settled: Settled) -> None:
        self.made.append(f"{' and '.join(settled.paths)} on {self._on}")

    def make_layer(self, _slug: Slug, tag: str) -> int:
        self.made.append(f"{tag} on {self._on}")
        return 2 * MEGABYTE


class ReleaseImages:
    def __init__(self, *_: object) -> None:
        """Take what the real one takes."""

    def container(self, layer_image: str) -> str:
        return layer_image

    def let_go(self, container: str) -> None:
        """Let it end."""

    def remove(self, container: str) -> None:
        """Take it away."""

    def make(self, ahead: Ahead[str], layer_image: str, tag: str, slug: Slug) -> None:
        LayerParts.made.append(f"{tag} on {ahead.container(layer_image)} of {slug.build_id}")


class Engine:
    def __init__(self, *known: str) -> None:
        self.images = self.containers = self
        self._known = known

    def find(self, tag: str) -> object | None:
        return tag if tag in self._known else None

    def remove(self, _container: str) -> None:
        """Take it away."""


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    Container.script, Container.timed_out, Container.left, LayerParts.made = (), False, 0, []
    monkeypatch.setattr(builder, "BuildContainer", Container)
    monkeypatch.setattr(builder, "LayerParts", LayerParts)
    monkeypatch.setattr(builder, "ReleaseImages", ReleaseImages)


def build(
    *script: Line | Event,
    layers: dict[str, KnownLayer] | None = None,
    received: Callable[[str], None] = lambda _record: None,
    beside: Callable[[], None] = lambda: None,
) -> tuple[list[str], Built | BuildFailed]:
    Container.script = script
    lines: list[str] = []
    engine: Any = Engine(*(layer.image for layer in (layers or {}).values() if layer.image != "gone"))
    made = Builder(engine, SystemClock(), lines.append, layers or {}, beside, received)
    try:
        return lines, made.build(JOB, lambda _paths: Parcel(io.BytesIO(), {}), "run-image", "localku/one")
    except BuildFailed as failed:
        return lines, failed
    finally:
        assert Container.left == 1


def test_a_build_from_detection_to_image() -> None:
    lines, built = build(Detected(("heroku/python",)), APP, Line("-----> Installing"), slug_event())
    assert lines == [
        "-----> Using buildpack: heroku/python",
        "-----> Python app detected",
        "-----> Installing",
        "-----> Discovering process types",
        "       Procfile declares types     -> web, worker",
        "       Default types for buildpack -> console",
        "",
        "-----> Compressing...",
        "       Done: 3.0M",
    ]
    assert isinstance(built, Built)
    assert built.process_types == {"web": "gunicorn app", "console": "bash", "worker": "python w.py"}
    assert (built.image, built.size, built.layer_size) == ("localku/one:build-b1", 3 * MEGABYTE, 2 * MEGABYTE)
    assert built.buildpacks == ("heroku/python",)
    assert LayerParts.made == [
        "localku/one:deps-abcdef012345 on run-image",
        "localku/one:build-b1 on localku/one:deps-abcdef012345 of b1",
    ]


def test_what_is_done_beside_is_over_before_there_is_an_image() -> None:
    def beside() -> None:
        time.sleep(0.2)
        LayerParts.made.append("beside")

    build(APP, slug_event(), beside=beside)
    assert LayerParts.made[0] == "beside"


def test_a_layer_begins_with_what_buildpacks_have_finished() -> None:
    build(APP, Settled((".heroku/node", "node_modules"), 1), APP, slug_event())
    assert LayerParts.made[:2] == [
        ".heroku/node and node_modules on run-image",
        "localku/one:deps-abcdef012345 on run-image",
    ]


def test_a_layer_that_is_there_is_not_made_again() -> None:
    _, built = build(APP, slug_event(), layers={LAYER: KnownLayer("localku/one:deps-x", 7)})
    assert isinstance(built, Built)
    assert (built.layer_image, built.layer_size) == ("localku/one:deps-x", 7)
    assert LayerParts.made == ["localku/one:build-b1 on localku/one:deps-x of b1"]


def test_a_layer_the_engine_has_lost_is_made_again() -> None:
    build(APP, slug_event(), layers={LAYER: KnownLayer("gone", 7)})
    assert LayerParts.made[0] == "localku/one:deps-abcdef012345 on run-image or gone"


def test_a_new_layer_may_be_made_on_an_earlier_one() -> None:
    layers = {"other": KnownLayer("localku/one:deps-2", 7), "old": KnownLayer("localku/one:deps-1", 7)}
    build(APP, slug_event(), layers=layers)
    assert (
        LayerParts.made[0] == "localku/one:deps-abcdef012345 on run-image or localku/one:deps-2 or localku/one:deps-1"
    )


def test_several_that_detect_are_listed_with_what_heroku_would_do() -> None:
    lines, _ = build(Detected(("heroku/nodejs", "heroku/python")), APP, slug_event())
    assert lines[:6] == [
        "-----> Using buildpacks:",
        "       1. heroku/nodejs",
        "       2. heroku/python",
        "       By default Heroku would use only heroku/python. To use the same buildpacks there:",
        "         heroku buildpacks:add heroku/nodejs",
        "         heroku buildpacks:add heroku/python",
    ]


@pytest.mark.parametrize(
    ("script", "reason", "last"),
    [
        ((Detected(()),), "no default language could be detected", "See https://"),
        (
            (Incompatible("heroku/python", "no"),),
            "the app is not compatible with heroku/python",
            "More info",
        ),
        (
            (APP, Failed("Python", "heroku/python", 1)),
            "failed to compile Python app",
            "failed to compile Python app.",
        ),
        ((APP, slug_event(release="- a")), "bin/release printed invalid output", "it is not a mapping"),
        (
            (APP, Line("Killed")),
            "the build container exited before the build finished",
            "exited before the build finished",
        ),
        ((), "the build container exited before the build finished", "exited before the build finished"),
        ((APP, slug_event(app_compressed=1023 * MEGABYTE)), "the slug is too large", "See: http"),
    ],
)
def test_a_build_that_fails_says_why_in_its_transcript(
    script: tuple[Line | Event, ...], reason: str, last: str
) -> None:
    lines, failed = build(*script)
    assert isinstance(failed, BuildFailed)
    assert (failed.message, failed.output) == (reason, tuple(lines))
    assert any(last in line for line in lines), lines
    assert lines[-1] == " !     Push failed"


def test_a_build_that_took_too_long_names_its_buildpack() -> None:
    Container.timed_out = True
    lines, failed = build(APP, Line("still going"))
    assert isinstance(failed, BuildFailed)
    assert failed.message == "Python did not finish within 15 minutes"
    assert "-----> Timed out running buildpack Python" in lines


def test_without_a_procfile_the_defaults_of_the_last_buildpack_count() -> None:
    lines, built = build(APP, slug_event(procfile=None))
    assert isinstance(built, Built)
    assert built.process_types == {"web": "default", "console": "bash"}
    assert "       Procfile declares types     -> (none)" in lines


def test_a_doubtful_procfile_is_warned_about() -> None:
    lines, _ = build(APP, slug_event(procfile="web: run\r\n"))
    assert any(line.startswith(" !     Procfile has Windows line ends") for line in lines)


OWN = Compared("manifest", 10, 1)


def test_a_build_says_what_the_next_one_needs() -> None:
    _, built = build(APP, OWN, slug_event())
    assert isinstance(built, Built)
    assert built.manifest == "manifest"


def test_what_a_large_app_s_volume_has_is_told_although_the_build_fails() -> None:
    records: list[str] = []
    _, failed = build(Received("record"), Failed("Python", "heroku/python", 1), received=records.append)
    assert isinstance(failed, BuildFailed)
    assert records == ["record"]
