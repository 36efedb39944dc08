"""Builds are remembered, with what they printed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import deploy_kit
import pytest
from deploy_kit import Builds
from fake_engine import FakeContainer, FakeEngine

from localku import locks
from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.deploying import builds as verbs
from localku.platform.deploying.build_output import Output
from localku.platform.deploying.deploy_events import Released
from localku.platform.releasing.release_errors import ReleaseFailed
from localku.records import App, Build, BuildStatus
from localku.slugs.build_errors import BuildFailed


@pytest.fixture
def builds(context: Context, monkeypatch: pytest.MonkeyPatch) -> Builds:
    return deploy_kit.builds(context, monkeypatch)


def printed(context: Context, app: App, ident: str | None = None) -> list[str]:
    found = verbs.find(context, app, ident)
    return b"".join(verbs.output(context, app, found)).decode().splitlines()


def test_a_build_is_remembered_with_its_output(context: Context, app: App, root: Path, builds: Builds) -> None:
    (root / ".env").write_text("A=1\n")
    deployed = builds.deploy(app)
    (build,) = verbs.listed(context, app)
    assert str(uuid.UUID(build.id)) == build.id
    assert (build.status, build.release, build.slug_id) == (BuildStatus.SUCCEEDED, 4, deployed.slug.id)
    assert (build.stack, build.buildpacks) == ("debian-14", ("heroku/fake",))
    assert deployed.slug.image.startswith(f"localku/{app.uuid}:build-{build.id[:8]}")
    start = builds.lines.index("-----> Building on the Debian-14 stack")
    assert printed(context, app) == builds.lines[start:]
    assert "       Released v4" in printed(context, app)


def test_nothing_changed_is_no_build(context: Context, app: App, builds: Builds) -> None:
    builds.deploy(app)
    assert not builds.deploy(app).built
    assert len(verbs.listed(context, app)) == 1


@pytest.mark.parametrize("error", [BuildFailed("failed to compile", ()), LocalkuError("The engine's disk is full.")])
def test_a_build_that_failed_says_why_later_too(
    context: Context, app: App, builds: Builds, error: LocalkuError
) -> None:
    builds.error = error
    with pytest.raises(type(error)):
        builds.deploy(app)
    (build,) = verbs.listed(context, app)
    assert (build.status, build.release) == (BuildStatus.FAILED, None)
    told = [] if isinstance(error, BuildFailed) else [f" !     {error.message}"]
    assert printed(context, app)[-1 - len(told) :] == ["-----> Fake app detected", *told]


def test_a_release_command_that_fails_leaves_the_build_as_it_was(
    context: Context, engine: FakeEngine, app: App, builds: Builds
) -> None:
    builds.types = {"web": "serve", "release": "migrate"}
    engine.on_start = FakeContainer.exit_at_once
    with pytest.raises(ReleaseFailed):
        builds.deploy(app)
    (build,) = verbs.listed(context, app)
    assert (build.status, build.release) == (BuildStatus.SUCCEEDED, 3)


def test_a_build_that_runs_is_followed_to_its_end(context: Context, app: App, builds: Builds) -> None:
    def look() -> None:
        build = verbs.find(context, app, None)
        assert build.status is BuildStatus.PENDING
        followed.append(verbs.output(context, app, build))
        heard.append(next(followed[0]))

    followed: list[Iterator[bytes]] = []
    heard: list[bytes] = []
    builds.during.append(look)
    builds.deploy(app)
    assert heard[0].endswith(b"-----> Fake app detected\n")
    heard.extend(followed[0])
    assert b"".join(heard).decode().splitlines() == printed(context, app)
    assert isinstance(builds.events[-1], Released)


@pytest.mark.parametrize(("release", "status"), [(None, BuildStatus.FAILED), (3, BuildStatus.SUCCEEDED)])
def test_a_build_whose_localku_was_killed_has_ended(
    context: Context, app: App, release: int | None, status: BuildStatus
) -> None:
    now = context.clock.now()
    left = Build("b", app.id, BuildStatus.PENDING, None, "debian-14", (), None, release, now, now)
    context.store.builds.add(left)
    with locks.held(verbs.lock(context, app), ""):
        assert verbs.find(context, app, None).status is BuildStatus.PENDING
    assert verbs.find(context, app, None).status is status
    assert list(verbs.output(context, app, left)) == []


def test_the_start_of_an_id_names_a_build(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError, match=r"No builds found for one\."):
        verbs.find(context, app, None)
    for name in ("aa11", "aa22", "bb33"):
        now = context.clock.now()
        context.store.builds.add(Build(name, app.id, BuildStatus.FAILED, None, "", (), None, None, now, now))
    assert verbs.find(context, app, "BB").id == verbs.find(context, app, None).id == "bb33"
    with pytest.raises(LocalkuError, match=r"No builds found for cc\."):
        verbs.find(context, app, "cc")
    with pytest.raises(LocalkuError, match="2 builds start with aa"):
        verbs.find(context, app, "aa")


def test_old_builds_are_forgotten_with_their_output(context: Context, app: App) -> None:
    for _ in range(verbs.KEPT + 2):
        with verbs.recorded(context, app, "debian-14", None):
            pass
    assert len(verbs.listed(context, app)) == verbs.KEPT
    assert len(list((context.store.folder(app) / "builds").iterdir())) == verbs.KEPT


def test_an_output_that_cannot_be_kept_costs_no_build(tmp_path: Path) -> None:
    (tmp_path / "builds").write_text("no folder\n")
    output = Output(tmp_path / "builds/x.log")
    output.write("line")
    output.close()
    assert (tmp_path / "builds").read_text() == "no folder\n"


def test_of_a_long_output_the_start_and_the_end_are_kept(tmp_path: Path) -> None:
    output = Output(tmp_path / "builds/x.log", maximum=20, last=2)
    for number in range(10):
        output.write(f"line {number}")
    output.close()
    kept = (tmp_path / "builds/x.log").read_text().splitlines()
    assert kept == ["line 0", "line 1", "[6 lines are not kept]", "line 8", "line 9"]


def test_a_deploy_that_could_not_begin_is_a_failed_build(
    context: Context, app: App, root: Path, builds: Builds
) -> None:
    (root / "app.json").write_text('{"env": {"TOKEN": {"required": true}}}')
    with pytest.raises(LocalkuError, match="TOKEN"):
        builds.deploy(app)
    (build,) = verbs.listed(context, app)
    assert (build.status, build.slug_id) == (BuildStatus.FAILED, None)
    assert printed(context, app)[-1].startswith(" !     ")
    output, refusal = verbs.newest_failure(context, app)
    assert output == tuple(printed(context, app))
    assert refusal is not None
    assert output[-1] == f" !     {refusal[0]}"


def test_a_failure_counts_until_a_build_has_nothing_to_do(
    context: Context, app: App, root: Path, builds: Builds
) -> None:
    builds.deploy(app)
    (root / "Procfile").write_text("web serve\n")
    with pytest.raises(LocalkuError, match="Procfile line 1"):
        builds.deploy(app)
    assert verbs.newest_failure(context, app)[1]
    (root / "Procfile").unlink()
    assert not builds.deploy(app).built
    assert verbs.newest_failure(context, app) == ((), None)
    assert verbs.listed(context, app)[0].status is BuildStatus.FAILED
