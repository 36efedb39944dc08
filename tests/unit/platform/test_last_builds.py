"""A build is told what the last image has, one of a large app is offered what its volume has; both are kept."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from verbs_kit import slug

from localku.context import Context
from localku.engine.engine_errors import NotFound
from localku.platform.app_facts import app_disk
from localku.platform.deploying import build, image_names
from localku.platform.deploying.last_builds import FILE, Known, LastBuilds
from localku.platform.deploying.packing import Packing
from localku.project.project_files import Project
from localku.project.sources import source
from localku.records import App
from localku.slugs import stack
from localku.slugs.building.job import Job
from localku.slugs.building.parcel import BaseImage, Offer, Pack
from localku.slugs.users import identity
from localku.slugs.values import Built, Chain, Plan
from localku.telling import silent

if TYPE_CHECKING:
    from pathlib import Path

    from fake_engine import FakeEngine

BASE = BaseImage("app:build-b0", "b0", "layer", "manifest")


def test_what_was_kept_is_known(tmp_path: Path) -> None:
    kept = LastBuilds(tmp_path)
    assert kept.known() == Known()
    kept.received("b0", "record")
    assert kept.known() == Known("b0", "record")
    kept.built(BASE)
    kept.received("b1", "other")
    assert LastBuilds(tmp_path).known() == Known("b1", "other", BASE)
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"base": 1}', '{"base": null, "x": 1}', '{"base": {"a": 1}}'])
def test_what_nobody_can_read_is_not(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    kept = LastBuilds(tmp_path)
    assert kept.known() == Known()
    kept.received("b0", "record")
    assert kept.known() == Known("b0", "record")


def job(files: source.Source) -> Job:
    offer = Offer(files.files, "", "")
    nobody = identity(10000)
    return Job(
        "b1", "image", "furnished", "debian-14", "v", Chain((), auto=True), {}, nobody, (), None, True, {}, offer=offer
    )


def packing(root: Path) -> Packing:
    found = source.collect(root)
    return Packing(found, job(found), 4711, silent)


def names(pack: Pack, paths: list[str] | None) -> tuple[list[str], list[str]]:
    """Return the files in a parcel, and those that it has digests of."""
    parcel = pack(paths)
    parcel.archive.seek(0)
    with tarfile.open(fileobj=io.BytesIO(parcel.archive.read())) as tar:
        return [member.name for member in tar if not member.isdir()], list(parcel.digests)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    root = tmp_path / "files"
    (root / "d").mkdir(parents=True)
    for name in ("a", "b", "d/c"):
        (root / name).write_text(name)
    (root / "link").symlink_to("a")
    return root


def test_all_files_are_packed_or_those_that_are_asked_for_and_links(files: Path) -> None:
    at = "tmp/build_b1"
    assert names(packing(files), None) == ([f"{at}/{one}" for one in ("a", "b", "d/c", "link")], ["a", "b", "d/c"])
    assert names(packing(files), ["d/c"]) == ([f"{at}/d/c", f"{at}/link"], ["d/c"])
    assert names(packing(files), []) == ([f"{at}/link"], [])


def test_what_was_sent_is_what_the_build_had_and_what_it_got_as_it_is_by_then(files: Path) -> None:
    pack = packing(files)
    before = pack.sent
    (files / "a").write_text("changed, and not asked for")
    (files / "b").write_text("changed")
    (files / "d" / "c").unlink()
    assert names(pack, ["b", "d/c"])[1] == ["b"]
    assert [file.path for file in pack.sent.files] == ["a", "b", "link"]
    assert pack.sent.files[0] == before.files[0]
    assert pack.sent.files[1].size == len("changed")
    assert pack.sent.fingerprint not in {before.fingerprint, source.collect(files).fingerprint}
    (files / "a").write_text("a")
    assert pack.sent.fingerprint == source.collect(files).fingerprint


class Large:
    """In place of a builder: `offers` are those of its builds, `bases` what their images were expected to stand on."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.offers: list[Offer | None] = []
        self.told: list[BaseImage | None] = []
        self.bases: list[str | None] = []

    def __call__(self, *arguments: object) -> Large:
        *_, self._received = arguments
        return self

    def build(self, job: Job, _pack: object, _run_image: str, repository: str, expected: str | None) -> Built:
        self.offers.append(job.offer)
        self.told.append(job.base)
        self.bases.append(expected)
        received: Any = self._received
        if job.offer is not None:
            received("record")
        image, layer = f"{repository}:build-{job.build_id}", f"{repository}:deps-l"
        self._context.engine.images.tag(image, *image.split(":"))
        return Built(image, "l", layer, 1, 2, {}, (), (), "manifest")


@pytest.fixture
def large(context: Context, monkeypatch: pytest.MonkeyPatch, engine: FakeEngine) -> Large:
    made = Large(context)
    monkeypatch.setattr(build, "Builder", made)
    stacks = {"deps-l": ("run", "l"), "build-1": ("run", "l", "1"), "build-2": ("run", "l", "1", "2")}
    monkeypatch.setattr(engine.images, "layers", lambda image: stacks[image.rpartition(":")[2]])
    return made


Make = Callable[..., build.Made]


@pytest.fixture
def make(context: Context, app: App, root: Path) -> Make:
    (root / "a.py").write_text("a\n")

    def make_one(ident: str, large: int = 1) -> build.Made:
        images, found = stack.Stack("debian-14", "run", "build"), source.collect(root)
        plan = Plan((), auto=True, decided_by="")
        order = build.Order(ident, Project(root), found, plan, images, offline=True, large=large)
        made = build.make(context, app, order, lambda _line: None, silent)
        context.store.releases.add(app, made.slug, {}, "Deploy", "succeeded", context.clock.now())
        return made

    return make_one


def test_each_build_is_offered_what_the_last_one_left_and_expected_to_stand_on_it(
    context: Context, app: App, large: Large, make: Make
) -> None:
    repository = image_names.repository(app)
    for number in ("1", "2", "3"):
        make(number)
    offers = [offer for offer in large.offers if offer is not None]
    assert [(offer.last, offer.record) for offer in offers] == [("", ""), ("1", "record"), ("2", "record")]
    assert [base and base.image for base in large.told] == [None, f"{repository}:build-1", f"{repository}:build-2"]
    assert [file.path for file in offers[0].files] == ["a.py"]
    assert large.bases == [None, f"{repository}:build-1", f"{repository}:build-2"]
    assert LastBuilds(context.store.folder(app)).known().build == "3"


def test_one_whose_last_image_is_gone_is_expected_on_its_dependencies(
    app: App, large: Large, make: Make, monkeypatch: pytest.MonkeyPatch, engine: FakeEngine
) -> None:
    make("1")

    def gone(image: str) -> tuple[str, ...]:
        raise NotFound(image)

    monkeypatch.setattr(engine.images, "layers", gone)
    make("2")
    assert large.bases == [None, f"{image_names.repository(app)}:deps-l"]


def test_an_app_below_the_limit_is_sent_whole_and_made_on_its_last_image(
    context: Context, app: App, root: Path, large: Large, make: Make
) -> None:
    make("1", large=(root / "a.py").stat().st_size + 1)
    make("2", large=build.LARGE_APP)
    repository = image_names.repository(app)
    assert large.offers == [None, None]
    assert [base and base.image for base in large.told] == [None, f"{repository}:build-1"]
    kept = LastBuilds(context.store.folder(app)).known()
    assert (kept.build, kept.record, kept.base and kept.base.build) == ("", "", "2")


def test_images_that_stand_on_one_another_take_up_each_layer_once(
    context: Context, engine: FakeEngine, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 4):
        slug(context, app, number)
    stacks = {"deps-l1": {"l": 50}, "v1": {"l": 50, "1": 300}}
    stacks["v2"] = {**stacks["v1"], "2": 2}
    stacks["v3"] = {**stacks["v2"], "3": 3}
    monkeypatch.setattr(engine.images, "above", lambda image, _label, _own: stacks[image.rpartition(":")[2]])
    assert app_disk.of_all(context)[0].layers == 355
