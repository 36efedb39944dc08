"""`up --watch`: what starts a build, and what does not."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from watchdog.events import DirModifiedEvent, FileModifiedEvent, FileMovedEvent, FileOpenedEvent

from localku.cli import watching
from localku.cli.watching import Changes
from localku.errors import LocalkuError
from localku.platform.deploying import build, deploy
from localku.project.sources.source_watch import RESTLESS


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "SAVED", 0.05)
    monkeypatch.setattr(watching, "SETTLE", 0.05)
    monkeypatch.setattr(watching, "MOST", 0.5)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A work tree with one commit."""
    root = tmp_path / "app"
    root.mkdir()
    (root / "app.py").write_text("one\n")
    (root / ".gitignore").write_text("*.log\n")
    (root / ".slugignore").write_text("/docs\n")
    for arguments in (
        ("init", "-q"),
        ("add", "-A"),
        ("-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x"),
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)
    return root


@contextlib.contextmanager
def builds(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Callable[[], object] = lambda: None,
    make_ready: Callable[..., None] = lambda *_, **__: None,
) -> Iterator[queue.Queue[str]]:
    """Watch the folder for real; each build puts what app.py holds by then."""
    started: queue.Queue[str] = queue.Queue()

    def verb(*_: object) -> Any:
        meanwhile()
        started.put((root / "app.py").read_text() if (root / "app.py").exists() else "gone")
        raise LocalkuError("enough")

    monkeypatch.setattr(deploy, "deploy", verb)
    monkeypatch.setattr(build, "make_ready", make_ready)
    context, app = SimpleNamespace(home=root / ".home"), SimpleNamespace(root=root)
    with watching.watching(context, app, enabled=True, offline=True):
        yield started


def none_within(started: queue.Queue[str], seconds: float) -> None:
    with pytest.raises(queue.Empty):
        started.get(timeout=seconds)


def test_a_change_is_built_and_what_is_ignored_is_not(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with builds(root, monkeypatch) as started:
        (root / "dev.log").write_text("x")
        (root / "docs").mkdir()
        (root / "docs/index.md").write_text("x")
        (root / ".home").mkdir()
        (root / ".home/state.db").write_text("x")
        (root / "dev.log").unlink()
        none_within(started, 0.8)
        (root / "app.py").write_text("two\n")
        assert started.get(timeout=20) == "two\n"
        (root / "app.py").rename(root / "other.py")
        assert started.get(timeout=20) == "gone"


@pytest.mark.parametrize("error", [None, LocalkuError("The engine is gone.")])
def test_a_container_comes_to_wait_for_the_first_change(
    error: LocalkuError | None, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "READY", 0.0)
    asked: queue.Queue[bool] = queue.Queue()

    def make_ready(*_: object, offline: bool) -> None:
        asked.put(offline)
        if error is not None:
            raise error

    with builds(root, monkeypatch, make_ready=make_ready) as started:
        assert asked.get(timeout=20)
        (root / "app.py").write_text("two\n")
        assert started.get(timeout=20) == "two\n"
    assert asked.empty(), "builds see to it themselves"


def test_none_is_made_where_a_change_comes_first(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "READY", 60.0)
    with builds(root, monkeypatch, make_ready=lambda *_, **__: pytest.fail("made")) as started:
        (root / "app.py").write_text("two\n")
        assert started.get(timeout=20) == "two\n"


def test_one_save_is_built_at_once_and_many_changes_when_they_are_over(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SETTLE", 60)
    monkeypatch.setattr(watching, "MOST", 60)
    with builds(root, monkeypatch) as started:
        (root / "app.py~").write_text("two\n")
        (root / "app.py~").rename(root / "app.py")
        assert started.get(timeout=20) == "two\n"
        for number in range(watching.FEW + 1):
            (root / f"app{number}.py").write_text("three\n")
        none_within(started, 0.5)


def test_env_is_in_no_source_and_its_change_is_deployed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / ".gitignore").write_text(".env\n")
    with builds(root, monkeypatch) as started:
        (root / ".env").write_text("A=1\n")
        assert started.get(timeout=20) == "one\n"


def test_a_deleted_file_is_a_change(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with builds(root, monkeypatch) as started:
        (root / "app.py").unlink()
        assert started.get(timeout=20) == "gone"


def test_a_log_that_never_rests_keeps_no_change_waiting(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.wait(0.01):
            with (root / "dev.log").open("a") as log:
                log.write("x\n")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with builds(root, monkeypatch) as started:
            (root / "app.py").write_text("two\n")
            assert started.get(timeout=20) == "two\n"
            none_within(started, 1)
    finally:
        stop.set()
        writer.join()


def test_a_log_that_git_knows_does_not_build_for_ever(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def grow() -> None:
        with (root / "dev.txt").open("a") as log:
            log.write("a line of the build\n")

    with builds(root, monkeypatch, grow) as started:
        grow()
        for _ in range(RESTLESS):
            started.get(timeout=20)
        none_within(started, 1)
        (root / "app.py").write_text("two\n")
        assert started.get(timeout=20) == "two\n"
        none_within(started, 1)
    assert "dev.txt keeps growing and no longer starts builds" in capsys.readouterr().err


def test_an_edit_after_another_is_always_built(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{number}\n" * 3 for number in range(2 * RESTLESS)]
    left = iter(texts)

    def edit() -> None:
        for text in left:
            (root / "app.py").write_text(text)
            return

    with builds(root, monkeypatch, edit) as started:
        edit()
        while started.get(timeout=20) != texts[-1]:
            continue


def seen(root: Path, *events: Any) -> frozenset[str]:
    changes = Changes(root, root / "home")
    handler = changes.handler()
    for event in events:
        handler.on_any_event(event)
    changes.add(str(root / "end"))
    return changes.settled() - {"end"}


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        *(("app.py", True), ("gitlike", True), ("home2", True)),
        *((".git/index", False), ("node_modules/x/y.js", False), ("home/state.db", False)),
    ],
)
def test_which_paths_count(path: str, counts: bool, tmp_path: Path) -> None:
    root = tmp_path / "app"
    assert seen(root, FileModifiedEvent(f"{root}/{path}")) == ({path} if counts else set())


def test_which_events_count(tmp_path: Path) -> None:
    assert seen(tmp_path, FileOpenedEvent(f"{tmp_path}/a"), DirModifiedEvent(f"{tmp_path}/d")) == set()
    assert seen(tmp_path, FileMovedEvent(f"{tmp_path}/a.tmp", f"{tmp_path}/a")) == {"a.tmp", "a"}


def test_our_own_output_is_no_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "up.txt").open("w") as output:
        monkeypatch.setattr(watching, "OWN_OUTPUT", (output.fileno(),))
        os.link(tmp_path / "up.txt", tmp_path / "again.txt")
        events = [FileModifiedEvent(f"{tmp_path}/{name}") for name in ("up.txt", "again.txt", "app.py")]
        assert seen(tmp_path, *events) == {"app.py"}
