"""A deploy, from its source to the release that is in force."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import deploy_kit
import pytest
from deploy_kit import Builds
from fake_engine import FakeContainer, FakeEngine
from verbs_kit import deploy as deployed_before

from localku import locks
from localku.context import Context
from localku.errors import LocalkuError
from localku.platform import housekeeping, new_apps
from localku.platform.addons import addons, provisioning
from localku.platform.addons.provisioning import Wish
from localku.platform.deploying import deploy_source, take_over
from localku.platform.deploying.deploy_events import Failed, Released
from localku.platform.releasing import config
from localku.platform.releasing.release_errors import ReleaseFailed
from localku.records import App
from localku.services.postgres import credentials, postgres_image, postgres_server, postgres_versions
from localku.slugs.build_errors import BuildFailed, Undetected


@pytest.fixture
def builds(context: Context, monkeypatch: pytest.MonkeyPatch) -> Builds:
    return deploy_kit.builds(context, monkeypatch)


def commit(root: Path) -> None:
    for arguments in (
        ("init", "-q"),
        ("add", "-A"),
        ("-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x"),
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


def test_a_file_that_changed_before_it_was_sent_is_remembered_as_sent(app: App, root: Path, builds: Builds) -> None:
    (root / "app.py").write_text("one\n")
    builds.meanwhile.append(lambda: (root / "app.py").write_text("another\n"))
    assert builds.deploy(app).built
    assert builds.file("app.py") == b"another\n"
    assert not builds.deploy(app).built
    (root / "app.py").write_text("one\n")
    assert builds.deploy(app).built


def test_an_app_json_that_changed_before_it_was_sent_counts_as_sent(app: App, root: Path, builds: Builds) -> None:
    def write(schedule: str) -> None:
        (root / "app.json").write_text(json.dumps({"cron": [{"command": "bin/clean", "schedule": schedule}]}))

    write("0 1 * * *")
    builds.meanwhile.append(lambda: write("0 2 * * *"))
    assert [entry.schedule for entry in builds.deploy(app).slug.cron] == ["0 2 * * *"]
    assert not builds.deploy(app).built


def test_a_log_that_grew_is_sent_and_remembered_as_it_was(app: App, root: Path, builds: Builds) -> None:
    (root / "build.txt").write_text("first\n")

    def grow() -> None:
        with (root / "build.txt").open("a") as log:
            log.write("second\n")

    builds.meanwhile.append(grow)
    assert builds.deploy(app).built
    assert builds.file("build.txt") == b"first\n"
    builds.meanwhile.clear()
    (root / "build.txt").write_text("first\n")
    assert not builds.deploy(app).built


def test_slugignore_lines_without_an_effect_are_warned_about(app: App, root: Path, builds: Builds) -> None:
    (root / ".slugignore").write_text("docs\n!docs/keep.md\n")
    builds.deploy(app)
    assert " !     .slugignore line 2: `!` patterns have no effect on Heroku; ignored." in builds.lines


def test_the_number_told_is_the_one_that_was_taken(context: Context, app: App, root: Path, builds: Builds) -> None:
    builds.meanwhile.append(lambda: config.change(context, app, {"A": "1"}))
    deployed = builds.deploy(app)
    assert context.store.releases.version(app, 3).description == "Set A config vars"
    assert (deployed.release.version, deployed.image) == (4, f"localku/{app.uuid}:v4")
    assert [event for event in builds.events if isinstance(event, Released)] == [Released(4, "one")]
    found = context.engine.images.find(f"localku/{app.uuid}:v4")
    assert found is not None
    assert {deployed.slug.image, "localku/one:latest"} < set(found.tags)
    assert context.engine.images.find(f"localku/{app.uuid}:v3") is None


def test_a_release_of_the_last_moment_has_a_number_of_its_own(context: Context, app: App, builds: Builds) -> None:
    builds.at["-----> Launching..."] = lambda: config.change(context, app, {"A": "1"})
    assert builds.deploy(app).release.version == 4
    assert "       Released v4" in builds.lines
    assert "       Released v3" not in builds.lines


def test_the_number_is_told_before_the_release_command_runs(
    context: Context, engine: FakeEngine, app: App, builds: Builds
) -> None:
    builds.types = {"web": "serve", "release": "migrate"}
    engine.on_start = FakeContainer.exit_at_once
    with pytest.raises(ReleaseFailed):
        builds.deploy(app)
    lines = builds.lines
    assert lines.index("       Released v3") < lines.index("Running release command...")
    assert lines.count("       Released v3") == 1
    assert engine.has_image(f"localku/{app.uuid}:v3")


def test_pruning_takes_all_names_of_an_image(context: Context, engine: FakeEngine, app: App, builds: Builds) -> None:
    for _ in range(housekeeping.KEPT_SLUGS + 2):
        builds.deploy(app, force=True)
    assert {tag for tag in engine.images.tags if ":v" in tag} == {f"localku/{app.uuid}:v{n}" for n in range(5, 10)}
    assert len([tag for tag in engine.images.tags if ":build-" in tag]) == housekeeping.KEPT_SLUGS


def test_app_json_and_env_are_taken_over_and_then_only_what_is_new(app: App, root: Path, builds: Builds) -> None:
    (root / "app.json").write_text(json.dumps({"env": {"A": "1"}}))
    assert builds.deploy(app).configured
    assert not builds.deploy(app).configured
    (root / ".env").write_text("B=2\n")
    again = builds.deploy(app)
    assert (again.built, again.configured, again.release.config) == (False, True, {"A": "1", "B": "2"})


def test_without_a_build_the_slug_there_is_stays(app: App, root: Path, builds: Builds) -> None:
    (root / "app.py").write_text("one\n")
    assert builds.deploy(app, rebuild=False).built, "the first has to be built"
    (root / "app.py").write_text("two\n")
    assert not builds.deploy(app, rebuild=False).built


def test_a_commit_is_deployed_as_it_is_with_its_own_app_json(
    context: Context, app: App, root: Path, builds: Builds
) -> None:
    (root / "app.json").write_text(json.dumps({"env": {"A": "of the commit"}}))
    (root / "app.py").write_text("committed\n")
    commit(root)
    (root / "app.json").write_text(json.dumps({"env": {"A": "of the folder"}}))
    (root / "app.py").write_text("not committed\n")
    deployed = builds.deploy(app, deploy_source.of(app, head=True))
    assert builds.file("app.py") == b"committed\n"
    assert deployed.release.config == {"A": "of the commit"}
    assert len(deployed.slug.commit or "") == 40
    assert context.store.apps.by_id(app.id).root == root


def tarball(path: Path, files: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize("top", ["", "one-1a2b3c/"])
def test_an_upload_is_deployed_and_no_env_of_the_folder_with_it(
    app: App, root: Path, tmp_path: Path, builds: Builds, top: str
) -> None:
    (root / ".env").write_text("SECRET=of the folder\n")
    sent = tarball(tmp_path / "source.tgz", {f"{top}app.py": "uploaded\n", f"{top}Procfile": "web: serve\n"})
    deployed = builds.deploy(app, deploy_source.Tarball(sent, "1a2b3c4d5e"))
    assert builds.file("app.py") == b"uploaded\n"
    assert (deployed.slug.commit, deployed.release.description) == ("1a2b3c4d5e", "Deploy 1a2b3c4d")
    assert deployed.release.config == {}


def test_an_upload_that_leaves_its_folder_or_is_none_is_refused(app: App, tmp_path: Path, builds: Builds) -> None:
    sent = tarball(tmp_path / "source.tgz", {"../escaped": "x"})
    with pytest.raises(LocalkuError, match=r"The source cannot be unpacked: \.\./escaped does not belong"):
        builds.deploy(app, deploy_source.Tarball(sent))
    (tmp_path / "source.txt").write_text("no tar\n")
    with pytest.raises(LocalkuError, match="The source cannot be unpacked"):
        builds.deploy(app, deploy_source.Tarball(tmp_path / "source.txt"))


def test_a_folder_that_is_gone_is_named(context: Context, app: App, root: Path, builds: Builds) -> None:
    deployed_before(context, app)
    root.rmdir()
    with pytest.raises(LocalkuError, match=f"The folder of one is gone: {root}"):
        builds.deploy(app)


def fails(context: Context, app: App, builds: Builds, error: LocalkuError, *, new_app: bool = True) -> bool:
    """Whether the app is there after a deploy that failed so; what failed is told before."""
    builds.error = error
    builds.events.clear()
    with pytest.raises(type(error)):
        builds.deploy(app, new_app=new_app)
    assert builds.events[-1] == Failed(error)
    return context.store.apps.named(app.name) is not None


@pytest.mark.parametrize("error", [Undetected("no default language could be detected", ()), LocalkuError("Procfile")])
def test_a_folder_that_is_no_app_leaves_none(context: Context, app: App, builds: Builds, error: LocalkuError) -> None:
    assert fails(context, app, builds, error, new_app=False), "it was made before, with `create`"
    assert not fails(context, app, builds, error)


@pytest.mark.parametrize("error", [BuildFailed("failed to compile Python app", ()), take_over.ConfigWanted("TOKEN")])
def test_an_app_that_only_lacks_a_config_var_stays(
    context: Context, app: App, builds: Builds, error: LocalkuError
) -> None:
    assert fails(context, app, builds, error)


def test_an_app_with_anything_of_its_own_stays(context: Context, root: Path, builds: Builds) -> None:
    app = new_apps.create(context, root, None)
    context.store.apps.change_config(app, {"A": "1"})
    assert fails(context, app, builds, Undetected("", ()))
    context.store.apps.change_config(app, {"A": None})
    deployed_before(context, app)
    assert fails(context, app, builds, Undetected("", ()))


def test_create_config_and_an_addon_come_before_the_first_deploy(
    context: Context, root: Path, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_image, "ensure", lambda *_: "localku/services/postgres:17")
    for asked in ("start", "running_at"):
        monkeypatch.setattr(postgres_server, asked, lambda *_: ("172.18.0.1", 40000))
    monkeypatch.setattr(postgres_server, "stop", lambda *_: None)
    (root / "app.json").write_text(json.dumps({"env": {"A": "of app.json", "B": "2"}, "addons": ["heroku-postgresql"]}))
    app = new_apps.create_new(context, root)
    config.change(context, app, {"A": "of the user"})
    addon = addons.create(context, app, Wish("heroku-postgresql"), lambda *_: None, lambda _: None)
    builds.addons = ("heroku-postgresql",)
    deployed = builds.deploy(app)
    assert dict(deployed.release.config) == {"A": "of the user", "B": "2", "DATABASE_URL": credentials.url(addon)}
    assert deployed.release.addons == {addon.name: addon.plan}
    with pytest.raises(LocalkuError, match=f"{root} already belongs to app one"):
        new_apps.create_new(context, root, "two")


def a_quick_server(monkeypatch: pytest.MonkeyPatch, starting: Callable[[], None]) -> None:
    def start(*_: object) -> tuple[str, int]:
        starting()
        return "172.18.0.1", 40000

    monkeypatch.setattr(postgres_image, "ensure", lambda *_: "localku/services/postgres:17")
    monkeypatch.setattr(postgres_versions, "found_image", lambda *_: "localku/services/postgres:17")
    monkeypatch.setattr(postgres_server, "start", start)
    monkeypatch.setattr(postgres_server, "running_at", lambda *_: ("172.18.0.1", 40000))
    for ending in ("stop", "destroy"):
        monkeypatch.setattr(postgres_server, ending, lambda *_: None)


def test_a_first_database_starts_while_the_app_is_built(
    context: Context, root: Path, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    a_quick_server(monkeypatch, begun.set)
    builds.during.append(lambda: begun.wait(60))
    (root / "requirements.txt").write_text("psycopg2\n")
    app = new_apps.create_new(context, root)
    deployed = builds.deploy(app)
    assert begun.is_set()
    (addon,) = context.store.addons.of(app)
    assert addon.port == 40000
    assert dict(deployed.release.config) == {"DATABASE_URL": credentials.url(addon)}
    said = [one.description for one in reversed(context.store.releases.all(app))]
    assert said[2:4] == [
        f"Attach DATABASE (@ref:{addon.name})",
        f"@ref:{addon.name} completed provisioning, setting {addon.config_var}.",
    ]


def test_a_failed_build_takes_its_database_away_again(
    context: Context, root: Path, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    a_quick_server(monkeypatch, begun.set)
    (root / "requirements.txt").write_text("psycopg2\n")
    app = new_apps.create_new(context, root)
    fails(context, app, builds, BuildFailed("no luck", ()), new_app=False)
    assert begun.wait(60)
    assert context.store.addons.of(app) == ()
    assert locks.holder(provisioning.provisioning_lock(context, app)) is None


def test_a_server_that_does_not_start_is_told_where_it_is_wanted(
    context: Context, root: Path, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise LocalkuError("no room for a server")

    a_quick_server(monkeypatch, broken)
    (root / "requirements.txt").write_text("psycopg2\n")
    app = new_apps.create_new(context, root)
    with pytest.raises(LocalkuError, match="no room for a server"):
        builds.deploy(app)
    assert context.store.addons.of(app) == ()
