"""`localku doctor` in an app's folder, and what is said below a failed build."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localku.cli import diagnosing
from localku.context import Context
from localku.doctor import causes
from localku.engine.engine_errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.locks import Busy
from localku.machine import checks
from localku.machine.checks import Check
from localku.platform import new_apps
from localku.platform.deploying import builds
from localku.platform.diagnosis import gather
from localku.platform.releasing import release
from localku.platform.releasing.release_errors import ReleaseFailed
from localku.records import App, BuildStatus, Slug
from localku.slugs.build_errors import BuildFailed

if TYPE_CHECKING:
    from conftest import Command

NO_PG_CONFIG = ("       Collecting psycopg2", "         Error: pg_config executable not found.")


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "all_checks", lambda _context, _orphans: (Check("Python", "ok", "3.13"),))


@pytest.fixture
def app(context: Context, root: Path) -> App:
    return new_apps.create(context, root, "one")


def deploy(context: Context, app: App, types: dict[str, str]) -> None:
    now = context.clock.now()
    slug = context.store.releases.add_slug(Slug(0, app.id, "f", "i", "l", types, (), "debian-14", 1, None, now))
    context.store.releases.add(app, slug, {}, "Deploy", "succeeded", now)


def test_outside_an_app_only_the_machine_is_looked_at(localku: Command) -> None:
    done = localku("doctor")
    assert (done.status, done.out, done.err) == (0, "ok       Python          3.13\n", "")


def test_a_risk_is_told_and_is_no_failure(localku: Command, context: Context, app: App, root: Path) -> None:
    (root / "requirements.txt").write_text("")
    (root / "Procfile").write_text("web: serve\nworker: work\n")
    deploy(context, app, {"web": "serve", "worker": "work"})
    done = localku("doctor")
    assert done.status == 0
    assert "=== one: 1 finding, most likely first\n\nrisk     #20 NOT SCALED\n" in done.out
    assert "         Where: Procfile, `worker: work`\n         Fix: `localku ps:scale worker=1`\n" in done.out


def test_nothing_found_is_said_too(localku: Command, context: Context, app: App, root: Path) -> None:
    (root / "requirements.txt").write_text("")
    deploy(context, app, {"web": "serve"})
    assert localku("doctor", "--app", "one").out.endswith("=== one: nothing found that fails on Heroku\n")


def test_a_failure_is_the_exit_status(localku: Command, context: Context, app: App, root: Path) -> None:
    (root / "procfile").write_text("web: serve\n")
    done = localku("doctor", "--json")
    assert done.status == 1
    assert "one fails: #3 PROCFILE." in done.err
    rows = {row["name"]: row for row in json.loads(done.out)}
    assert rows["Python"]["state"] == "ok"
    assert rows["#3 PROCFILE"]["state"] == "failed"
    assert rows["#3 PROCFILE"].keys() >= rows["Python"].keys() | {"where", "evidence"}


def test_a_crash_without_a_known_cause_is_a_failure(localku: Command, context: Context, app: App, root: Path) -> None:
    (root / "requirements.txt").write_text("")
    deploy(context, app, {"web": "serve"})
    log = context.log(app)
    log.write("heroku", "web.1", "Starting process with command `serve`")
    log.write("app", "web.1", "FileNotFoundError: [Errno 2] No such file or directory: '/data/c'")
    log.write("heroku", "web.1", "Process exited with status 1")
    log.write("heroku", "web.1", "State changed from starting to crashed")
    done = localku("doctor")
    assert done.status == 1
    assert "failed   NO KNOWN CAUSE\n         web.1 crashed with status 1, and localku knows no cause." in done.out
    assert "one fails: NO KNOWN CAUSE." in done.err


def test_an_app_that_is_served_has_no_failure(localku: Command, context: Context, app: App, root: Path) -> None:
    (root / "requirements.txt").write_text("")
    deploy(context, app, {"web": "serve"})
    context.log(app).write("heroku", "web.1", "State changed from starting to up")
    context.log(app).write("app", "web.1", "ModuleNotFoundError: No module named 'yaml'")
    done = localku("doctor")
    assert done.status == 0
    assert "seen     #2 DEPENDENCY" in done.out


def test_fix_is_about_the_machine(localku: Command, app: App, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from localku.machine import fix

    (root / "procfile").write_text("web: serve\n")
    monkeypatch.setattr(fix, "fix", lambda context, _say, _progress, _orphans: context)
    assert localku("doctor", "--fix").status == 0


def test_an_app_that_is_not_there(localku: Command) -> None:
    assert "Couldn't find that app: two." in localku("doctor", "--app", "two").err


def broken(context: Context, app: App, error: BaseException, *said: str) -> None:
    """A build that printed so and ended with the error."""

    def build() -> None:
        with builds.recorded(context, app, "heroku-24", None) as recording:
            for line in said:
                recording.write(line)
            raise error

    with pytest.raises(type(error)):
        build()


def test_a_failed_build_is_explained_and_remembered_until_the_next_one(
    context: Context, app: App, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "requirements.txt").write_text("psycopg2\n")
    error = BuildFailed("failed to compile Python app", NO_PG_CONFIG)
    broken(context, app, error, *NO_PG_CONFIG)
    diagnosing.explain(diagnosing.of_build(context, app, error))
    assert capsys.readouterr().err.startswith("localku doctor: [#17 PG_CONFIG] pip tried to compile psycopg2")
    assert gather(context, app, live=False).transcript == NO_PG_CONFIG
    assert gather(context, app, live=False).refusal is None
    with builds.recorded(context, app, "heroku-24", None):
        assert gather(context, app, live=False).transcript == NO_PG_CONFIG, "one that goes on tells nothing yet"
    assert gather(context, app, live=False).transcript == ()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(143), EngineUnavailable("The engine is gone.")])
def test_a_build_that_was_interrupted_has_no_cause_in_the_app(context: Context, app: App, error: BaseException) -> None:
    broken(context, app, error, "-----> Installing")
    assert gather(context, app, live=False).transcript == ()
    assert builds.listed(context, app)[0].status is BuildStatus.FAILED


def test_a_build_that_could_not_begin_is_remembered_too(context: Context, app: App, root: Path) -> None:
    refused = LocalkuError("Procfile line 1 is wrong.", "Mend it.")
    builds.refuse(context, app, ["Setting A from .env"], refused)
    assert gather(context, app, live=False).transcript == ("Setting A from .env", " !     Procfile line 1 is wrong.")
    assert gather(context, app, live=False).refusal == ("Procfile line 1 is wrong.", "Mend it.")
    (build,) = builds.listed(context, app)
    assert b"".join(builds.output(context, app, build)).startswith(b"Setting A from .env\n")
    release.make(context, app, phase=None, description="Set A config vars")
    assert gather(context, app, live=False).transcript, "a config var builds nothing"
    builds.settle_failures(context, app)
    assert gather(context, app, live=False).transcript == ()


def test_why_localku_refused_a_build_is_told_again(localku: Command, context: Context, app: App, root: Path) -> None:
    (root / "requirements.txt").write_text("")
    deploy(context, app, {"web": "serve"})
    builds.refuse(
        context, app, (), LocalkuError("app.json requires config vars: A.", "A: a secret\nlocalku config:set A=...")
    )
    done = localku("doctor")
    assert done.status == 1
    assert (
        "failed   BUILD\n         The newest build failed: app.json requires config vars: A.\n"
        "         Fix: A: a secret localku config:set A=...\n" in done.out
    )


@pytest.mark.parametrize(
    "error", [Busy("Another build of one is running."), EngineUnavailable("No engine."), ReleaseFailed("v3 failed.")]
)
def test_what_is_no_failure_of_the_build_is_not(context: Context, app: App, error: LocalkuError) -> None:
    builds.refuse(context, app, ["-----> Installing"], error)
    assert builds.listed(context, app) == ()
    broken(context, app, error, "-----> Installing")
    assert gather(context, app, live=False).transcript == ()


def test_a_failed_release_phase_makes_the_doctor_say_so(
    localku: Command, context: Context, app: App, root: Path
) -> None:
    (root / "requirements.txt").write_text("")
    deploy(context, app, {"web": "serve", "release": "migrate"})
    slug, now = context.store.releases.current_slug(app), context.clock.now()
    context.store.releases.add(app, slug, {}, "Deploy", "failed", now)
    done = localku("doctor")
    assert (done.status, "The release phase of v4 failed, and localku knows no cause." in done.out) == (1, True)


def test_a_failed_release_phase_is_explained_by_what_it_printed(context: Context, app: App, root: Path) -> None:
    (root / "requirements.txt").write_text("")
    log = context.log(app)
    log.write("app", "web.1", "ModuleNotFoundError: No module named 'redis'")
    log.write("heroku", "release.1234", "Starting process with command `python migrate.py`")
    log.write("app", "release.1234", "ModuleNotFoundError: No module named 'yaml'")
    log.write("heroku", "release.1234", "Process exited with status 1")
    (found,) = diagnosing.of_build(context, app, ReleaseFailed("Release v3 failed"))
    assert found.text().startswith("[#2 DEPENDENCY] release.1234 found no module `yaml`: `PyYAML` is not in")


def test_a_defect_of_the_doctor_leaves_the_failure_as_it_is(
    context: Context, app: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(causes, "diagnose", lambda _: 1 // 0)
    assert diagnosing.of_build(context, app, BuildFailed("failed to compile Python app", ())) == []
    assert "because of a bug in localku: ZeroDivisionError" in capsys.readouterr().err


def test_other_errors_explain_themselves(context: Context, app: App) -> None:
    assert diagnosing.of_build(context, app, LocalkuError("Another build of one is running.")) == []


def test_dependency_files_that_changed_after_the_build_and_buildpacks_are_known(
    context: Context, app: App, root: Path
) -> None:
    (root / "requirements.txt").write_text("")
    (root / "Pipfile").write_text("")
    (root / ".buildpacks").write_text("https://example.com/subdir.git\n")
    deploy(context, app, {"web": "serve"})
    made = context.clock.now().timestamp()
    os.utime(root / "requirements.txt", (made - 1, made - 1))
    os.utime(root / "Pipfile", (made + 1, made + 1))
    seen = gather(context, app, live=False)
    assert seen.newer == {"Pipfile"}
    assert seen.buildpacks == ("https://example.com/subdir.git",)
    context.store.apps.set_buildpacks(app, ("heroku/python",))
    assert gather(context, app, live=False).buildpacks == ("heroku/python",)
