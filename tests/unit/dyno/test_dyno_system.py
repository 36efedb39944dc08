"""/usr and /etc of dynos as read-only volumes: filled once, by whoever comes first, and gone when nobody needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from verbs_kit import deploy

from localku.context import Context
from localku.dyno import dyno_spec, readonly_mounts
from localku.engine import labels
from localku.errors import LocalkuError
from localku.platform.dynos import oneoff
from localku.records import App

if TYPE_CHECKING:
    from fake_engine import FakeContainer, FakeEngine

IMAGE = "localku/one:v1"


@pytest.fixture(autouse=True)
def _image(engine: FakeEngine) -> None:
    engine.images.tags.add(IMAGE)


def mounted(context: Context, app: App) -> dict[str, str]:
    """Path to volume; each of them is read-only."""
    with readonly_mounts.system(context, app, IMAGE) as system:
        assert all(mount.read_only for mount in system.mounts)
        return {mount.path: mount.volume for mount in system.mounts}


class Counted:
    """A part of an engine, and what it is asked."""

    def __init__(self, name: str, part: object, asked: list[str]) -> None:
        self._name, self._part, self._asked = name, part, asked

    def __getattr__(self, method: str) -> object:
        found = getattr(self._part, method)
        if callable(found):
            self._asked.append(f"{self._name}.{method}")
        return found


def copied(engine: FakeEngine, status: int = 0) -> list[str]:
    """Let copies end with this status; the names of those that are made."""
    names: list[str] = []

    def start(container: FakeContainer) -> None:
        names.append(container.spec.name)
        container.exit(status)
        engine.volumes.missing.clear()

    engine.on_start = start
    return names


def test_the_first_dyno_has_usr_copied_and_the_next_ones_find_it(
    context: Context, engine: FakeEngine, app: App
) -> None:
    volumes = mounted(context, app)
    assert set(volumes) == {"/usr", "/etc"}
    assert volumes["/etc"].startswith(f"localku-etc-{app.uuid}-")
    engine.volumes.missing = {volumes["/usr"]}
    names = copied(engine)
    assert mounted(context, app) == volumes
    assert names == [f"{volumes['/usr']}-copy"]
    assert mounted(context, app) == volumes
    assert len(names) == 1
    assert engine.containers.by_id == {}


def test_a_volume_that_the_engine_made_itself_is_filled_anew_unless_a_dyno_has_it(
    context: Context, engine: FakeEngine, app: App
) -> None:
    usr = mounted(context, app)["/usr"]
    names = copied(engine)
    engine.volumes.unmarked = {usr}
    engine.volumes.in_use = {usr}
    assert mounted(context, app)["/usr"] == usr
    assert names == []
    engine.volumes.in_use.clear()
    assert mounted(context, app)["/usr"] == usr
    assert names == [f"{usr}-copy"]


def test_a_copy_that_fails_is_told_and_begins_anew(context: Context, engine: FakeEngine, app: App) -> None:
    volume = mounted(context, app)["/usr"]
    engine.volumes.missing = {volume}
    names = copied(engine, status=1)
    with pytest.raises(LocalkuError, match=r"Could not copy /usr of localku/one:v1 for its dynos: exit status 1\."):
        mounted(context, app)
    engine.volumes.missing = {volume}
    copied(engine)
    assert mounted(context, app)["/usr"] == volume
    assert len(names) == 1


def test_a_dyno_has_them(context: Context, engine: FakeEngine, app: App) -> None:
    release = deploy(context, app)
    slug = context.store.releases.current_slug(app)
    assert slug is not None
    made = dyno_spec.create(context, app, oneoff.order("run", "ls", release, slug))
    assert [(mount.path, mount.read_only) for mount in engine.containers.by_id[made].spec.mounts] == [
        ("/usr", True),
        ("/etc", True),
    ]


def test_a_dyno_is_made_with_few_questions_to_the_engine(
    context: Context, engine: FakeEngine, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them is a part of what a person waits for."""
    release, slug = deploy(context, app), context.store.releases.current_slug(app)
    assert slug is not None
    asked: list[str] = []
    for name in ("networks", "images", "volumes", "containers"):
        monkeypatch.setattr(engine, name, Counted(name, getattr(engine, name), asked))
    dyno_spec.create(context, app, oneoff.order("run", "ls", release, slug))
    assert asked == [
        "networks.ensure",
        "images.lower_layers",
        "volumes.find",
        "containers.exists",
        "volumes.exists",
        "containers.create",
    ]


def test_slugs_whose_dependencies_are_in_several_layers_share_the_usr_of_their_run_image(
    context: Context, engine: FakeEngine, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = mounted(context, app)
    monkeypatch.setattr(engine.images, "layers", lambda _tag: ("stack", "dependencies", "one more", "app"))
    engine.images.labels[IMAGE] = {labels.STACK_LAYERS: "1"}
    assert mounted(context, app) == one


def test_volumes_of_run_images_that_are_gone_go_too(context: Context, engine: FakeEngine, app: App) -> None:
    needed = mounted(context, app)
    old = {"/usr": "localku-usr-0123456789ab", "/etc": f"localku-etc-{app.uuid}-0123456789ab"}
    engine.volumes.names = {*needed.values(), *old.values()}
    engine.images.tags.clear()
    readonly_mounts.prune(context, app, [IMAGE])
    assert engine.volumes.names == set(needed.values())
