from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from test_build_container import job as any_job

from localku.engine import labels
from localku.engine.client import Engine
from localku.engine.containers import Container
from localku.engine.engine_errors import Conflict, NotFound
from localku.engine.spec import ContainerSpec
from localku.errors import LocalkuError
from localku.slugs import accounts
from localku.slugs.building import furnished, standby
from localku.slugs.building.build_spec import spec
from localku.slugs.building.job import Job
from localku.slugs.inside.intake import PATIENCE
from localku.slugs.users import identity
from localku.slugs.values import Buildpack, Chain

NOW = datetime(2026, 3, 1, tzinfo=UTC)
UUID = "6f1d"


def job(**changes: object) -> Job:
    return any_job(**{"labels": {labels.APP: UUID}, **changes})


@dataclass
class Image:
    id: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass
class Engines:
    """Has containers by name, and starts them at NOW; of one that is started aside, only when it is asked again."""

    image: str = "sha256:1"
    furnished: Image | None = None
    is_slow: bool = False
    known: dict[str, Container] = field(default_factory=dict)
    fed: list[str] = field(default_factory=list)

    @property
    def containers(self) -> "Engines":
        return self

    @property
    def images(self) -> "Engines":
        return self

    def find(self, tag: str) -> Image | None:
        if tag == job().furnished:
            return self.furnished
        return Image(self.image) if tag == job().image else None

    def create(self, asked: ContainerSpec) -> str:
        if asked.name in self.known:
            raise Conflict(asked.name)
        assert asked.auto_remove
        self.known[asked.name] = replace(container(asked.name, asked.labels), image=asked.image)
        return asked.name

    def put(self, name: str, path: str, _archive: bytes) -> None:
        assert path == "/"
        self.fed.append(name)

    def start_aside(self, name: str) -> None:
        if not self.is_slow:
            self.start(name)

    def start(self, name: str) -> None:
        self.known[name] = replace(self.known[name], running=True)

    def inspect(self, name: str) -> Container:
        if name not in self.known:
            raise NotFound(name)
        return self.known[name]

    def rename(self, name: str, new: str) -> None:
        self.known[new] = replace(self.known.pop(name), name=new)

    def remove(self, name: str) -> None:
        del self.known[name]


def container(name: str, marks: Any) -> Container:
    started = NOW.isoformat()[:19] + ".123456789Z"
    made = NOW.isoformat()[:19] + ".023456789Z"
    return Container(name, name, "i", marks, "created", False, 0, False, None, started, {}, False, "", created_at=made)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engines:
    monkeypatch.setattr(accounts, "of", lambda *_: {"passwd": "", "group": ""})
    return Engines()


def make(engine: Engines, asked: Job) -> None:
    standby.make(cast("Engine", engine), asked)


def take(engine: Engines, asked: Job, later: float = 5) -> str | None:
    return standby.take(cast("Engine", engine), asked, NOW + timedelta(seconds=later))


def test_one_that_waits_becomes_the_next_builds(engine: Engines) -> None:
    make(engine, job())
    assert engine.fed == [f"localku-standby-{UUID}"]
    after = job(build_id="11ee" * 8, config={"A": "2"}, commit="beef")
    assert take(engine, after) == f"localku-standby-{UUID}"
    assert list(engine.known) == [spec(after).name]
    assert take(engine, after) is None


def test_it_is_no_leftover_while_it_waits_and_is_one_when_its_build_was_killed(engine: Engines) -> None:
    make(engine, job())
    assert standby.waits(engine.known[f"localku-standby-{UUID}"], NOW + timedelta(minutes=10))
    take(engine, job())
    assert not standby.waits(engine.known[spec(job()).name], NOW)


def test_it_is_no_leftover_while_it_starts_and_is_one_when_nobody_starts_it(engine: Engines) -> None:
    engine.is_slow = True
    make(engine, job())
    starting = engine.known[f"localku-standby-{UUID}"]
    assert not starting.running
    assert standby.waits(starting, NOW + timedelta(seconds=60))
    assert not standby.waits(starting, NOW + timedelta(seconds=180))
    assert not standby.waits(replace(starting, status="exited"), NOW)
    assert not standby.waits(replace(starting, name=spec(job()).name), NOW)


@pytest.fixture
def starting(engine: Engines) -> Engines:
    """An engine in which a furnished one has been made and is not yet running."""
    found = furnished.key(cast("Engine", engine), job())
    engine.furnished = Image("sha256:f", {labels.RECIPE: found})
    engine.is_slow = True
    make(engine, job())
    return engine


def test_a_build_that_comes_before_it_has_started_waits_for_that(starting: Engines) -> None:
    after = job(build_id="11ee" * 8)
    assert take(starting, after) == f"localku-standby-{UUID}"
    assert starting.known[spec(after).name].running
    assert starting.fed == []


def test_one_that_does_not_start_goes_away_and_the_build_makes_its_own(
    starting: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_name: str) -> None:
        raise LocalkuError("no network")

    monkeypatch.setattr(starting, "start", broken)
    assert take(starting, job()) is None
    assert starting.known == {}


def test_one_that_may_lack_its_furniture_is_not_started(engine: Engines) -> None:
    engine.is_slow = True
    make(engine, job())
    assert take(engine, job()) is None
    assert engine.known == {}


def test_an_app_has_one_at_a_time(engine: Engines) -> None:
    make(engine, job())
    make(engine, job())
    assert len(engine.known) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"offline": True},
        {"network": "other"},
        {"volume": "other"},
        {"who": identity(10001)},
        {"host": {"PIP_INDEX_URL": "http://x"}},
        {"certificates": b"more"},
        {"chain": Chain((Buildpack("heroku/python", Path("/bp"), "g", own=True),), auto=False)},
        {"labels": {labels.APP: UUID, "name": "renamed"}},
    ],
)
def test_one_of_another_kind_goes_away(changes: dict[str, object], engine: Engines, tmp_path: Path) -> None:
    own = Chain((Buildpack("heroku/python", tmp_path, "f", own=True),), auto=False)
    make(engine, job(chain=own))
    assert take(engine, job(**{"chain": own, **changes})) is None
    assert engine.known == {}


def test_one_of_an_older_image_goes_away(engine: Engines) -> None:
    make(engine, job())
    engine.image = "sha256:2"
    assert take(engine, job()) is None
    assert engine.known == {}


@pytest.mark.parametrize("later", [-3600.0, PATIENCE - 30, PATIENCE + 30])
def test_one_that_is_about_to_end_is_left_alone(later: float, engine: Engines) -> None:
    make(engine, job())
    assert take(engine, job(), later) is None


def test_one_that_cannot_be_started_is_taken_away(engine: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_name: str) -> None:
        raise NotFound("no image")

    monkeypatch.setattr(engine, "start_aside", broken)
    with pytest.raises(NotFound):
        make(engine, job())
    assert engine.known == {}
