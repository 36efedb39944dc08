"""What a killed localku has left beside an app that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku import locks
from localku.engine import labels
from localku.engine.spec import ContainerSpec

if TYPE_CHECKING:
    from supervisor_kit import Stage


def leave(stage: Stage, name: str, role: str, **more: str) -> None:
    marks = {**stage.context.labels(stage.app, role), **more}
    stage.engine.images.tags.add("x")
    stage.engine.containers.create(ContainerSpec("x", name, labels=marks))


def names(stage: Stage) -> set[str]:
    return {one.spec.name for one in stage.engine.containers if one.dyno != "web.1"}


def test_what_nobody_looks_after_goes_at_the_second_look(stage: Stage) -> None:
    stage.up()
    leave(stage, "release", labels.ROLE_DYNO, **{labels.TYPE: "release", labels.DYNO: "release.8194"})
    leave(stage, "build", labels.ROLE_BUILD)
    leave(stage, "look", labels.ROLE_LOOK)
    leave(stage, "database", labels.ROLE_POSTGRES)
    stage.round(after=31)
    assert names(stage) == {"release", "build", "look", "database"}
    stage.round(after=31)
    assert names(stage) == set()
    assert stage.containers() == ["web.1"]


def test_what_somebody_has_in_hand_stays(stage: Stage) -> None:
    stage.up()
    folder = stage.context.store.folder(stage.app)
    leave(stage, "build", labels.ROLE_BUILD)
    with locks.held(folder / "build.lock", "busy"):
        for _ in range(3):
            stage.round(after=31)
        assert names(stage) == {"build"}


def test_a_release_that_was_killed_in_its_phase_expires_meanwhile(stage: Stage) -> None:
    stage.up()
    current = stage.context.store.releases.current(stage.app)
    assert current is not None
    slug = stage.context.store.releases.slug(current.slug_id or 0)
    stage.context.store.releases.add(stage.app, slug, {}, "Set K", "pending", stage.clock.now())
    stage.round(after=31)
    assert stage.context.store.releases.all(stage.app)[0].status == "expired"
