"""What is remembered of a large app's files is what reading them again would give."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localku.project.git.beneath import Beneath
from localku.project.sources import seen_files, source
from localku.project.sources.seen_files import SeenFiles
from localku.project.sources.source_file import SourceFile, look

OLD = 2_100_000_000
"""Nanoseconds that make a file old enough."""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    root = tmp_path / "app"
    (root / "d").mkdir(parents=True)
    (root / "a").write_text("aaa")
    (root / "d" / "b").write_text("bbb")
    (root / "link").symlink_to("a")
    return root


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file be old."""
    monkeypatch.setattr(time, "time_ns", lambda: int(time.time() * 1e9) + OLD)


def looked(root: Path, state: Path) -> tuple[dict[str, SourceFile | None], list[str]]:
    """Look at all files; return what they are, and which were read."""
    seen, read, found = SeenFiles(state), [], {}
    with Beneath(root) as below:
        for path in sorted(
            str(each.relative_to(root)) for each in root.rglob("*") if each.is_symlink() or each.is_file()
        ):
            before = dict(seen._before)
            found[path] = seen.look(below, path, lambda _bytes: None)
            if seen._now.get(path) != before.get(path) or path not in before:
                read.append(path)
    seen.keep()
    return found, read


def plainly(root: Path) -> dict[str, SourceFile | None]:
    with Beneath(root) as below:
        paths = sorted(str(each.relative_to(root)) for each in root.rglob("*") if each.is_symlink() or each.is_file())
        return {path: look(below, path) for path in paths}


def test_a_file_is_read_once(app: Path, tmp_path: Path) -> None:
    first, read = looked(app, tmp_path / "state")
    assert (first, read) == (plainly(app), ["a", "d/b", "link"])
    assert looked(app, tmp_path / "state") == (plainly(app), ["link"])


def test_one_that_has_just_changed_is_read_again(app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: int(time.time() * 1e9))
    looked(app, tmp_path / "state")
    assert looked(app, tmp_path / "state")[1] == ["a", "d/b", "link"]


def test_one_that_changes_while_it_is_read_is_not_remembered(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changing(below: Beneath, path: str, read: object) -> SourceFile | None:
        found = look(below, path)
        (app / path).write_text("changed")
        return found

    monkeypatch.setattr(seen_files, "look", changing)
    with Beneath(app) as below:
        seen = SeenFiles(tmp_path / "state")
        seen.look(below, "a", lambda _bytes: None)
        seen.keep()
    monkeypatch.undo()
    assert looked(app, tmp_path / "state")[0]["a"] == plainly(app)["a"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": [1, 2, 3, 4]}'])
def test_a_file_that_nobody_can_read_is_none(text: str, app: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text(text)
    assert looked(app, tmp_path / "state")[0] == plainly(app)


def test_nothing_is_kept_of_an_app_that_is_not_large(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.collect(app, seen=tmp_path / "state")
    assert not (tmp_path / "state").exists()
    monkeypatch.setattr(source, "LARGE_APP", 6)
    first = source.collect(app, seen=tmp_path / "state")
    assert json.loads((tmp_path / "state").read_text()).keys() == {"a", "d/b"}
    assert source.collect(app, seen=tmp_path / "state") == first


CHANGES = st.sampled_from(("write", "write_back", "exchange", "mode", "touch", "replace", "remove", "nothing"))


TICK = 0.012
"""Seconds: kernels count a file's times in steps of up to ten milliseconds."""


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(CHANGES, st.sampled_from("ab"), st.integers(0, 2)), max_size=3), max_size=4))
def test_whatever_changes_it_is_what_reading_gives(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[tuple[str, str, int]]]
) -> None:
    root = tmp_path_factory.mktemp("app")
    (root / "app").mkdir()
    for name in "ab":
        (root / "app" / name).write_text(name)
    for changes in rounds:
        for change, name, number in changes:
            _change(root / "app", change, name, number)
        time.sleep(TICK)
        assert looked(root / "app", root / "state")[0] == plainly(root / "app")


def _change(root: Path, change: str, name: str, number: int) -> None:
    file = root / name
    if not file.exists() or change == "write":
        file.write_text(str(number))
    elif change == "write_back":
        times = file.stat()
        file.write_text(str(number))
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    elif change == "exchange" and len(list(root.iterdir())) > 1:
        (root / "a").rename(root / "c")
        (root / "b").rename(root / "a")
        (root / "c").rename(root / "b")
    elif change == "mode":
        file.chmod((0o644, 0o755, 0o600)[number])
    elif change == "touch":
        file.touch()
    elif change == "replace":
        (root / "new").write_text(str(number))
        (root / "new").rename(file)
    elif change == "remove":
        file.unlink()
