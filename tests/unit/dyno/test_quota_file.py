"""The file that says a dyno's quota: tried once for each engine, mounted where that worked, and told where not."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from verbs_kit import deploy

from localku.context import Context
from localku.dyno import dyno_sizes, dyno_spec, readonly_mounts
from localku.engine.spec import Bind, ContainerSpec
from localku.errors import LocalkuError
from localku.machine import checks
from localku.platform.dynos import oneoff
from localku.records import App

if TYPE_CHECKING:
    from fake_engine import FakeContainer, FakeEngine

ONE, TWO = "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOCALKU_HOME", str(tmp_path))


@pytest.fixture
def probes(context: Context, engine: FakeEngine, app: App) -> list[tuple[str, ...]]:
    """The volume of /usr is at a place; a probe ends well. Returns the probes' commands."""
    deploy(context, app)
    slug = context.store.releases.current_slug(app)
    assert slug is not None
    with readonly_mounts.system(context, app, slug.image) as system:
        usr = system.mounts[0].volume
    engine.volumes.places[usr] = "/var/volumes/usr"
    made: list[tuple[str, ...]] = []

    def start(container: FakeContainer) -> None:
        made.append(container.spec.command)
        container.exit(0)

    engine.on_start = start
    return made


def bound(context: Context, engine: FakeEngine, app: App, size: str = "basic") -> tuple[Bind, ...]:
    release, slug = context.store.releases.current(app), context.store.releases.current_slug(app)
    assert release is not None
    assert slug is not None
    made = dyno_spec.create(context, app, oneoff.order("run", "ls", release, slug, size=size))
    return engine.containers.by_id[made].spec.binds


def test_each_size_gets_its_own_after_one_try(
    context: Context, engine: FakeEngine, app: App, probes: list[tuple[str, ...]]
) -> None:
    folder = "/var/volumes/usr/share/localku/memory"
    assert bound(context, engine, app) == (Bind(f"{folder}/536870912", TWO),)
    assert bound(context, engine, app, "performance-m") == (Bind(f"{folder}/2684354560", TWO),)
    assert probes == [(TWO, "536870912")]
    assert {"536870912", "2684354560", "135291469824"} <= set(dyno_sizes.QUOTAS)
    assert checks.quota_checks() == ()


def test_control_groups_1_have_another_file(
    context: Context, engine: FakeEngine, app: App, probes: list[tuple[str, ...]]
) -> None:
    engine.facts = replace(engine.facts, cgroup="1")
    assert [bind.path for bind in bound(context, engine, app)] == [ONE]
    assert probes == [(ONE, "536870912")]


def test_an_engine_that_refuses_it_is_asked_once_a_day_and_the_doctor_says_so(
    context: Context, engine: FakeEngine, app: App, probes: list[tuple[str, ...]], tmp_path: Path
) -> None:
    def refuse(container: FakeContainer) -> None:
        probes.append(container.spec.command)
        raise LocalkuError("Could not start the container: not shared from the host")

    engine.on_start = refuse
    assert bound(context, engine, app) == bound(context, engine, app) == ()
    assert len(probes) == 1
    (said,) = checks.quota_checks()
    assert said.state == checks.WARNING
    assert "not shared from the host" in said.remedy
    (kept,) = (tmp_path / "cache" / "quota-file").iterdir()
    os.utime(kept, (0, 0))
    assert checks.quota_checks() == ()
    engine.on_start = lambda container: container.exit(0)
    assert len(bound(context, engine, app)) == 1


def test_a_volume_that_vanished_meanwhile_is_no_refusal_and_is_made_again(
    context: Context, engine: FakeEngine, app: App, probes: list[tuple[str, ...]]
) -> None:
    told: list[str] = []
    create = engine.containers.create

    def vanished(spec: ContainerSpec) -> str:
        if spec.binds and not told:
            told.append(spec.name)
            raise LocalkuError("invalid mount config for type bind: bind source path does not exist: /var/x")
        return create(spec)

    engine.containers.create = vanished  # type: ignore[method-assign]
    assert len(bound(context, engine, app)) == len(told) == len(probes) == 1
    assert checks.quota_checks() == ()


def test_a_volume_that_is_not_ours_is_not_trusted_with_it(
    context: Context, engine: FakeEngine, app: App, probes: list[tuple[str, ...]]
) -> None:
    engine.volumes.unmarked = engine.volumes.in_use = set(engine.volumes.places)
    assert bound(context, engine, app) == ()
    assert probes == []


def test_a_file_that_is_not_seen_counts_as_refused(
    context: Context, engine: FakeEngine, app: App, probes: list[tuple[str, ...]]
) -> None:
    engine.on_start = lambda container: container.exit(1)
    assert bound(context, engine, app) == ()
    assert len(checks.quota_checks()) == 1
    assert probes == []


def test_an_engine_that_says_no_place_is_not_tried(context: Context, engine: FakeEngine, app: App) -> None:
    deploy(context, app)
    assert bound(context, engine, app) == ()
    assert "start" not in " ".join(engine.done)
