"""What a deploy leaves of the source to the doctor that the server runs, which never reads an app's folder."""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import subprocess
import sys
import tarfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import deploy_kit
import pytest
from deploy_kit import Builds
from verbs_kit import deploy as deployed_without_a_look

from localku.context import Context
from localku.doctor import source_seen
from localku.doctor.source_seen import UNSEEN, SourceSeen
from localku.doctor.tree import Blob, Tree
from localku.platform import new_apps
from localku.platform.deploying import deploy_source, kept_sources
from localku.platform.diagnosis import gather_running
from localku.project.procfile import Guess
from localku.project.project_files import Project
from localku.project.sources import source
from localku.records import App, Slug
from localku.states import ReleaseStatus
from localku.supervisor.doctor_watch import DoctorWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILES = {
    "requirements.txt": "flask\n",
    "app.py": "# the app\nimport yaml\n",
    "Procfile": "web: python app.py\n",
    ".env": "API_KEY=hunter2\n",
    ".gitignore": ".env\n",
}
REASON = (
    "[#2 DEPENDENCY] web.1 found no module `yaml`: `PyYAML` is not in requirements.txt. Where: app.py:2. "
    "Fix: add a line `PyYAML` to requirements.txt"
)

OPENED: list[str] = []
"""What was opened or listed, in any thread."""


def heard(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"open", "os.listdir", "os.scandir"} and isinstance(arguments[0], str | bytes | os.PathLike):
        OPENED.append(os.fsdecode(arguments[0]))


sys.addaudithook(heard)


@pytest.fixture
def builds(context: Context, monkeypatch: pytest.MonkeyPatch) -> Builds:
    made = deploy_kit.builds(context, monkeypatch)
    made.types = {"web": "python app.py"}
    return made


@pytest.fixture
def root(root: Path) -> Path:
    for name, text in FILES.items():
        (root / name).write_text(text)
    return root


@contextmanager
def touched(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[str]]]:
    """Tell the paths at and below `root` that were asked for in the block."""
    with monkeypatch.context() as patched:
        for name in ("stat", "lstat"):
            real = getattr(os, name)
            patched.setattr(os, name, lambda path, *more, real=real, **how: (asked(path), real(path, *more, **how))[1])

        def asked(path: object) -> None:
            if isinstance(path, str | bytes | os.PathLike):
                OPENED.append(os.fsdecode(path))

        OPENED.clear()
        yield lambda: [path for path in OPENED if Path(path) == root or root in Path(path).parents]


def crashes(context: Context, app: App, dyno: str = "web.1", module: str = "yaml") -> None:
    log = context.log(app)
    log.write("heroku", dyno, "Starting process with command `python app.py`")
    log.write("app", dyno, f"ModuleNotFoundError: No module named '{module}'")
    log.write("heroku", dyno, "Process exited with status 1")
    log.write("heroku", dyno, "State changed from starting to crashed")


def told(context: Context, app: App) -> list[str]:
    DoctorWatch(context, app, partial(gather_running, context, app)).examine()
    return [line.message for line in context.log(app).history(source="localku", proc="doctor")]


def commit(root: Path) -> str:
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "x")):
        command = ("git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments)
        subprocess.run(command, cwd=root, check=True, capture_output=True)
    return subprocess.check_output(("git", "rev-parse", "HEAD"), cwd=root, text=True).strip()


def packed(root: Path) -> Path:
    file = root.parent / "one.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        for name in set(FILES) - {".env"}:
            tar.add(root / name, name)
    return file


SOURCES: dict[str, Callable[[Path, str], deploy_source.Source]] = {
    "folder": lambda root, _: deploy_source.Folder(root),
    "commit": lambda root, _: deploy_source.Commit(root),
    "push": lambda root, head: deploy_source.Pushed((root / ".git/objects",), head),
    "tarball": lambda root, _: deploy_source.Tarball(packed(root)),
}


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("then", ["changed", "removed"])
def test_the_reason_is_that_of_what_runs_and_nobody_reads_the_folder(
    context: Context, app: App, root: Path, builds: Builds, kind: str, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds.deploy(app, SOURCES[kind](root, commit(root)))
    if then == "changed":
        (root / "requirements.txt").write_text("flask\nPyYAML\n")
        (root / "app.py").write_text("print()\n")
    else:
        shutil.rmtree(root)
    crashes(context, app)
    with touched(root, monkeypatch) as seen:
        (reason,) = told(context, app)
        assert seen() == []
    assert reason.startswith(REASON)


def test_the_test_would_see_who_reads_the_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with touched(root, monkeypatch) as seen:
        source.collect(root)
        assert seen()


@pytest.mark.parametrize("kind", ["folder", "commit"])
def test_git_and_the_env_file_are_asked_when_the_app_is_deployed(
    context: Context, app: App, root: Path, builds: Builds, kind: str
) -> None:
    (root / ".gitignore").write_text(".env\ndata.json\n")
    (root / "data.json").write_text("{}")
    slug = builds.deploy(app, SOURCES[kind](root, commit(root))).slug
    found = kept_sources.find(context, app, slug)
    assert found.tree.left_out("data.json") == "data.json"
    assert found.env_file == {"API_KEY"}
    assert bool(found.tree.blobs) is (kind == "folder")
    assert found.tree.commit


def test_values_of_config_vars_are_not_kept_and_the_rest_is_nobody_elses(
    context: Context, app: App, root: Path, builds: Builds
) -> None:
    commit(root)
    (root / ".gitignore").unlink()
    (root / ".env").chmod(0o755)  # as on a file system without modes
    subprocess.run(("git", "add", "-A"), cwd=root, check=True)
    slug = builds.deploy(app).slug
    (file,) = (context.store.folder(app) / "doctor").glob("slug-*")
    assert ".env" in kept_sources.find(context, app, slug).tree.files
    assert b"hunter2" not in gzip.decompress(file.read_bytes())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_was_sent_is_kept_where_files_changed_before(
    context: Context, app: App, root: Path, builds: Builds
) -> None:
    builds.meanwhile.append(lambda: (root / "requirements.txt").write_text("markdown\nflask\n"))
    builds.during.append(lambda: (root / "app.py").write_text("something else\n"))
    found = kept_sources.find(context, app, builds.deploy(app).slug).tree
    assert (found.texts["requirements.txt"], "markdown" in found.python) == ("markdown\nflask\n", True)
    assert found.texts.get("app.py") in {FILES["app.py"], None}


def looked(root: Path, *, after: Callable[[], object]) -> bytes | None:
    files = source.collect(root)
    look = kept_sources.Look(Project(root, root), files)
    after()
    look.begin()
    return look.end(files)


def readable(content: bytes | None) -> SourceSeen:
    seen = source_seen.parse(content or b"")
    assert seen is not None
    return seen


def test_a_text_that_has_changed_is_left_out(root: Path) -> None:
    seen = readable(looked(root, after=lambda: (root / "app.py").write_text("something else\n")))
    assert ("app.py" in seen.tree.texts, "app.py" in seen.tree.files) == (False, True)


@pytest.mark.parametrize(
    "change", [lambda file: file.write_text("PyYAML\n"), Path.unlink], ids=["another requirements.txt", "none"]
)
def test_nothing_is_seen_where_a_file_that_decides_has_changed(root: Path, change: Callable[[Path], object]) -> None:
    assert looked(root, after=lambda: change(root / "requirements.txt")) is None


def test_of_too_much_text_the_apps_own_is_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "a/b").mkdir(parents=True)
    (root / "a/b/deep.py").write_text("x" * 50)
    monkeypatch.setattr(kept_sources, "MOST_TEXT", sum(len(FILES[name]) for name in FILES) + 10)
    seen = readable(looked(root, after=lambda: None))
    assert list(seen.tree.texts) == ["Procfile", "app.py", "requirements.txt"]
    assert "a/b/deep.py" in seen.tree.files


def test_a_phase_that_fails_is_explained_by_its_own_source(
    context: Context, app: App, root: Path, builds: Builds
) -> None:
    builds.deploy(app)
    (root / "requirements.txt").write_text("flask\nPyYAML\n")
    now = context.clock.now()
    newer = context.store.releases.add_slug(
        Slug(0, app.id, "f", "i:1", "l", {"release": "python app.py"}, (), "debian-14", 1, None, now)
    )
    kept_sources.keep(context, app, newer, looked(root, after=lambda: None))
    context.store.releases.add(app, newer, {}, "Deploy", ReleaseStatus.FAILED, now)
    crashes(context, app)
    crashes(context, app, "release.1", "markdown")
    crashes(context, app, "release.1")
    of_dynos, of_phase = gather_running(context, app)
    assert [("pyyaml" in one.tree.python, {line.proc for line in one.log}) for one in (of_dynos, of_phase)] == [
        (False, {"api", "web.1"}),
        (True, {"release.1"}),
    ]
    assert of_phase.types["release"] == "python app.py"
    reasons = told(context, app)
    assert any(one.startswith(REASON) for one in reasons)
    assert not any("release.1 found no module `yaml`: `PyYAML` is not in" in one for one in reasons)


def test_a_slug_whose_deploy_has_left_nothing_is_not_spoken_about(context: Context, app: App) -> None:
    deployed_without_a_look(context, app, types={"web": "python app.py"})
    crashes(context, app)
    (reason,) = told(context, app)
    assert reason.startswith("[#2 DEPENDENCY] web.1 found no module `yaml`. Where:")
    assert "Fix: make sure that requirements.txt names `PyYAML`" in reason


def test_sources_go_with_their_slugs(context: Context, app: App, root: Path, builds: Builds) -> None:
    first = builds.deploy(app).slug
    for number in range(kept_sources.KEPT + 2):
        (root / "app.py").write_text(f"{number}\n")
        newest = builds.deploy(app).slug
    there = {file.name for file in (context.store.folder(app) / "doctor").iterdir()}
    assert len(there) == kept_sources.KEPT
    assert kept_sources.find(context, app, newest).tree.texts["app.py"] == f"{number}\n"
    assert kept_sources.find(context, app, first) is UNSEEN


def test_a_full_disk_costs_the_reason_and_no_deploy(
    context: Context, app: App, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept_sources, "_write", full)
    assert kept_sources.find(context, app, builds.deploy(app).slug) is UNSEEN


WHOLE = SourceSeen(
    Tree(
        files={"bin/run": 0o755, "od\udcffd.py": 0o644},
        sizes={"bin/run": 3},
        texts={"od\udcffd.py": "import yaml\n"},
        blobs={"bin/run": Blob(executable=True, crlf=False)},
        python={"flask": "requirements.txt"},
        mixed_encoding=True,
        python_asked=("", "runtime.txt does not name a Python version"),
        guess=Guess("web: npm start", "package.json has a start script"),
        commit="0123456789",
        untracked=("a.txt",),
        ignored=("data/",),
    ),
    ("heroku/python",),
    frozenset({"API_KEY"}),
)


@pytest.mark.parametrize("seen", [WHOLE, UNSEEN])
def test_what_is_kept_is_read_again(seen: SourceSeen) -> None:
    assert source_seen.parse(source_seen.format(seen)) == seen


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        source_seen.format(WHOLE)[:-20],
        gzip.compress(b"[]"),
        gzip.compress(b'{"tree": {"unheard": 1, "blobs": {}, "guess": null}, "buildpacks": [], "env_file": []}'),
    ],
)
def test_anything_else_is_nothing(content: bytes) -> None:
    assert source_seen.parse(content) is None


def test_an_app_without_a_folder_is_looked_at(context: Context, builds: Builds, root: Path) -> None:
    app = new_apps.create(context, None, "two")
    builds.deploy(app, deploy_source.Tarball(packed(root)))
    crashes(context, app)
    assert told(context, app)[0].startswith(REASON)
