"""An app's build image with its furniture in it: when it is made, used, and replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from test_build_container import job as any_job

from localku.engine import labels
from localku.engine.client import Engine
from localku.engine.engine_errors import NotFound
from localku.engine.spec import ContainerSpec
from localku.slugs import accounts
from localku.slugs.building import furnished
from localku.slugs.building.build_spec import spec
from localku.slugs.building.job import Job
from localku.slugs.users import identity
from localku.slugs.values import Buildpack, Chain

UUID = "6f1d"
NAME = f"localku/{UUID}:furnished"


def job(**changes: object) -> Job:
    return any_job(**{"labels": {labels.APP: UUID}, "furnished": NAME, **changes})


@dataclass(frozen=True)
class Image:
    id: str
    labels: Mapping[str, str]


@dataclass
class Engines:
    """`images_by_name` loses a name to the image that takes it, as in an engine; `all_images` keeps both."""

    images_by_name: dict[str, Image] = field(default_factory=lambda: {"build-image": Image("b1", {})})
    all_images: dict[str, Image] = field(default_factory=dict)
    used: list[ContainerSpec] = field(default_factory=list)
    did: list[str] = field(default_factory=list)

    @property
    def containers(self) -> Engines:
        return self

    @property
    def images(self) -> Engines:
        return self

    def find(self, tag: str) -> Image | None:
        return self.images_by_name.get(tag)

    def create(self, asked: ContainerSpec) -> str:
        self.used.append(asked)
        return asked.name

    def put(self, _name: str, _path: str, _archive: bytes) -> None:
        self.did.append("put")

    def start(self, _name: str) -> None:
        self.did.append("start")

    def wait(self, _name: str) -> int:
        return 1

    def commit(self, _name: str, repository: str, tag: str, config: Mapping[str, Any]) -> str:
        made = Image(f"f{len(self.all_images)}", config["Labels"])
        self.images_by_name[f"{repository}:{tag}"] = self.all_images[made.id] = made
        return made.id

    def labelled(self, marks: Mapping[str, str]) -> tuple[Image, ...]:
        return tuple(one for one in self.all_images.values() if marks.items() <= one.labels.items())

    def remove(self, name: str) -> bool:
        if name not in self.all_images:
            self.did.append("remove")
        return self.all_images.pop(name, None) is not None


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engines:
    monkeypatch.setattr(accounts, "of", lambda *_: {"passwd": "", "group": ""})
    return Engines()


def make(engine: Engines, asked: Job) -> None:
    furnished.make(cast("Engine", engine), asked)


def used_by(engine: Engines, asked: Job) -> str:
    """The image that a container of the job is made of."""
    furnished.container(cast("Engine", engine), asked, spec(asked))
    return engine.used[-1].image


def test_without_the_image_a_container_is_furnished_itself(engine: Engines) -> None:
    assert used_by(engine, job()) == "build-image"
    assert engine.did == ["put"]


def test_containers_of_the_image_need_nothing_more(engine: Engines) -> None:
    make(engine, job())
    assert engine.did == ["put", "start", "remove"]
    after = job(build_id="11ee" * 8, config={"A": "2"}, commit="beef", offline=True, network="other")
    assert used_by(engine, after) == NAME
    make(engine, after)
    assert engine.did == ["put", "start", "remove"]


def test_what_makes_it_has_roots_files_and_no_network(engine: Engines) -> None:
    make(engine, job())
    (asked,) = engine.used
    assert (asked.user, asked.network, asked.capabilities, asked.mounts) == ("0:0", "none", (), ())
    assert asked.labels[labels.ROLE] == labels.ROLE_BUILD
    assert "hunter2" not in repr(asked)


@pytest.mark.parametrize(
    "changes",
    [
        {"who": identity(10001)},
        {"certificates": b"more"},
        {"chain": Chain((), auto=False)},
    ],
)
def test_one_of_other_furniture_is_not_used_and_replaced(
    changes: dict[str, object], engine: Engines, tmp_path: Path
) -> None:
    own = Chain((Buildpack("heroku/python", tmp_path, "f", own=True),), auto=False)
    make(engine, job(chain=own))
    other = job(**{"chain": own, **changes})
    assert used_by(engine, other) == "build-image"
    make(engine, other)
    assert list(engine.all_images) == ["f1"]


def test_one_of_an_older_build_image_is_not_used_and_replaced(engine: Engines) -> None:
    make(engine, job())
    engine.images_by_name["build-image"] = Image("b2", {})
    assert used_by(engine, job()) == "build-image"
    make(engine, job())
    assert list(engine.all_images) == ["f1"]


def test_another_apps_is_let_alone(engine: Engines) -> None:
    make(engine, job())
    make(engine, job(labels={labels.APP: "other"}, furnished="localku/other:furnished"))
    assert list(engine.all_images) == ["f0", "f1"]


def test_what_cannot_be_furnished_is_taken_away(engine: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[str] = []

    def broken(*_: object) -> None:
        raise NotFound("gone")

    monkeypatch.setattr(engine, "put", broken)
    monkeypatch.setattr(engine, "remove", removed.append)
    with pytest.raises(NotFound):
        make(engine, job())
    assert removed == [f"localku-furnished-{job().build_id}"]
    assert engine.all_images == {}
