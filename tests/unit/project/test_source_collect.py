from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localku.errors import Invalid, Kind, LocalkuError
from localku.project.git.beneath import Beneath
from localku.project.git.git_folder import Listing
from localku.project.sources import source, source_size
from localku.project.sources.source_file import look

if TYPE_CHECKING:
    from collections.abc import Callable

ODD = os.fsdecode(b"odd\n\xff name")


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "protocol.file.allow=always"]
    return subprocess.run([*command, *arguments], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def put(root: Path, *names: str, text: str = "x\n") -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def commit(root: Path) -> None:
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "x")


def paths(found: source.Source) -> list[str]:
    return [file.path for file in found.files]


def test_git_decides(tmp_path: Path) -> None:
    put(tmp_path, "b/c.py", "a.py", "gone.py", ODD)
    put(tmp_path, ".gitignore", text="*.log\nvenv/\n")
    commit(tmp_path)
    put(tmp_path, "x.log", "venv/x", "new.py")
    put(tmp_path, "a.py", text="changed\n")
    (tmp_path / "gone.py").unlink()
    found = source.collect(tmp_path)
    assert paths(found) == [".gitignore", "a.py", "b/c.py", "new.py", ODD]
    assert found.commit == git(tmp_path, "rev-parse", "HEAD")
    assert found.dirty == ("a.py", "gone.py")
    assert found.untracked == ("new.py",)
    assert found.ignored == ()


def test_before_the_first_commit(tmp_path: Path) -> None:
    put(tmp_path, "a", "b")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "a")
    found = source.collect(tmp_path)
    assert (paths(found), found.commit, found.dirty, found.untracked) == (["a", "b"], None, ("a",), ("b",))


def test_a_subfolder_of_a_repository(tmp_path: Path) -> None:
    put(tmp_path, "app/a", "app/b/c", "other/d")
    commit(tmp_path)
    put(tmp_path, "app/a", "other/d", "app/n", "other/n", text="new\n")
    found = source.collect(tmp_path / "app")
    assert (paths(found), found.dirty, found.untracked) == (["a", "b/c", "n"], ("a",), ("n",))


def test_a_folder_its_repository_ignores_counts_as_plain(tmp_path: Path) -> None:
    put(tmp_path, "tmp/app/a", "tmp/app/node_modules/b")
    put(tmp_path, ".gitignore", text="tmp/\n")
    commit(tmp_path)
    found = source.collect(tmp_path / "tmp/app")
    assert (paths(found), found.commit) == (["a"], None)


def test_submodules_are_followed(tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    put(inner, "lib.py", "sub/deep.py")
    commit(inner)
    put(outer, "app.py")
    commit(outer)
    git(outer, "submodule", "--quiet", "add", str(inner), "vendor/inner")
    git(outer, "commit", "-q", "-m", "sub")
    put(outer, "vendor/inner/new.py")
    put(outer, "vendor/inner/lib.py", text="changed\n")
    found = source.collect(outer)
    assert paths(found) == [
        ".gitmodules",
        "app.py",
        "vendor/inner/lib.py",
        "vendor/inner/new.py",
        "vendor/inner/sub/deep.py",
    ]
    assert found.untracked == ("vendor/inner/new.py",)
    assert "vendor/inner/lib.py" in found.dirty


def test_a_repository_inside_is_not_source(tmp_path: Path) -> None:
    put(tmp_path, "a")
    commit(tmp_path)
    put(tmp_path, "clone/b")
    commit(tmp_path / "clone")
    found = source.collect(tmp_path)
    assert (paths(found), found.untracked) == (["a"], ("clone/",))


def test_slugignore_takes_files_away(tmp_path: Path) -> None:
    put(tmp_path, "a.py", "docs/x", "b/docs/y", "b/.slugignore")
    put(tmp_path, ".slugignore", text="docs/\n!docs/x\n")
    found = source.collect(tmp_path)
    assert paths(found) == [".slugignore", "a.py", "b/.slugignore"]
    assert found.ignored == ("b/docs/y", "docs/x")
    assert found.warnings == (".slugignore line 2: `!` patterns have no effect on Heroku; ignored.",)


def test_a_plain_folder(tmp_path: Path) -> None:
    put(tmp_path, "a", "b/c", "node_modules/x", "b/__pycache__/y", ".venv/z", ".env", ".gitignore", ".hg/store")
    found = source.collect(tmp_path)
    assert paths(found) == [".gitignore", "a", "b/c"]
    assert (found.commit, found.dirty, found.untracked) == (None, (), ())


def test_an_exact_folder_keeps_all_but_git(tmp_path: Path) -> None:
    put(tmp_path, "a", "node_modules/x", ".env", "b.log")
    put(tmp_path, ".gitignore", text="*.log\n")
    commit(tmp_path)
    found = source.collect(tmp_path, exact=True)
    assert paths(found) == [".env", ".gitignore", "a", "b.log", "node_modules/x"]


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a", "venv/b")
    commit(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert paths(source.collect(tmp_path)) == ["a"]


def test_a_hooks_environment_does_not_mislead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app, other = tmp_path / "app", tmp_path / "other"
    put(app, "a")
    commit(app)
    put(other, "b")
    commit(other)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    found = source.collect(app)
    assert (paths(found), found.dirty) == (["a"], ())


@pytest.mark.parametrize("tracked", [True, False])
def test_symlinks_stay_symlinks(tmp_path: Path, tracked: bool) -> None:
    put(tmp_path, "d/a")
    (tmp_path / "file").symlink_to("d/a")
    (tmp_path / "folder").symlink_to("d")
    (tmp_path / "broken").symlink_to("/nowhere")
    (tmp_path / "loop").symlink_to("loop")
    if tracked:
        commit(tmp_path)
    found = source.collect(tmp_path)
    assert {file.path: file.link for file in found.files} == {
        "broken": "/nowhere",
        "d/a": None,
        "file": "d/a",
        "folder": "d",
        "loop": "loop",
    }


def test_a_tracked_folder_that_became_a_symlink(tmp_path: Path) -> None:
    put(tmp_path, "d/a", "e/a")
    commit(tmp_path)
    (tmp_path / "d/a").unlink()
    (tmp_path / "d").rmdir()
    (tmp_path / "d").symlink_to("e")
    assert [(file.path, file.link) for file in source.collect(tmp_path).files] == [("d", "e"), ("e/a", None)]


def test_a_tracked_file_that_became_a_folder(tmp_path: Path) -> None:
    put(tmp_path, "d")
    commit(tmp_path)
    (tmp_path / "d").unlink()
    put(tmp_path, "d/a")
    assert paths(source.collect(tmp_path)) == ["d/a"]


def test_pipes_and_sockets_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # a socket's path has at most 107 characters
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock")
        assert paths(source.collect(tmp_path)) == ["a"]


def test_modes(tmp_path: Path) -> None:
    put(tmp_path, "plain", "run")
    (tmp_path / "plain").chmod(0o666)
    (tmp_path / "run").chmod(0o700)
    (tmp_path / "link").symlink_to("run")
    found = source.collect(tmp_path)
    assert [(f.path, f.mode, f.size) for f in found.files] == [
        ("link", 0o777, 0),
        ("plain", 0o644, 2),
        ("run", 0o755, 2),
    ]


def _rename(root: Path) -> None:
    (root / "a").rename(root / "z")


def _relink(root: Path) -> None:
    (root / "l").unlink()
    (root / "l").symlink_to("b")


@pytest.mark.parametrize(
    "change",
    [
        _rename,
        _relink,
        lambda root: (root / "a").write_text("y\n"),
        lambda root: (root / "a").chmod(0o755),
        lambda root: (root / "b").unlink(),
        lambda root: (root / "new").touch(),
    ],
)
def test_the_fingerprint_sees_every_change(tmp_path: Path, change: Callable[[Path], object]) -> None:
    put(tmp_path, "a", "b")
    (tmp_path / "l").symlink_to("a")
    before = source.collect(tmp_path).fingerprint
    os.utime(tmp_path / "a", (1, 1))
    assert source.collect(tmp_path).fingerprint == before
    change(tmp_path)
    assert source.collect(tmp_path).fingerprint != before


def test_the_fingerprint_is_the_same_in_git_and_out(tmp_path: Path) -> None:
    for name in ("one", "two"):
        put(tmp_path / name, "a", "b/c")
    commit(tmp_path / "one")
    one, two = source.collect(tmp_path / "one"), source.collect(tmp_path / "two")
    assert one.fingerprint == two.fingerprint


def test_a_file_that_fails_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a", "secret")
    real = os.open

    def refuse(path: str, flags: int, *, dir_fd: int | None = None) -> int:
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(LocalkuError) as caught:
        source.collect(tmp_path)
    assert caught.value.message == "secret cannot be read: Permission denied."
    assert "ls -l secret" in caught.value.hint


def test_no_folder(tmp_path: Path) -> None:
    put(tmp_path, "file")
    for name in ("gone", "file"):
        with pytest.raises(Invalid, match="is not a folder"):
            source.collect(tmp_path / name)


def test_a_repository_of_somebody_else_above_ones_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "app/a")
    commit(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert paths(source.collect(tmp_path / "app")) == ["a"]  # whoever owns the folder may say what is in it

    real, mine = Path.stat, tuple(tmp_path.stat())
    theirs = os.stat_result((*mine[:4], mine[4] + 1, *mine[5:]))
    monkeypatch.setattr(Path, "stat", lambda path, **how: theirs if path == tmp_path / "app" else real(path, **how))
    with pytest.raises(LocalkuError, match="another user owns its repository") as caught:
        source.collect(tmp_path / "app")
    assert caught.value.kind is Kind.FORBIDDEN
    assert f"git config --global --add safe.directory {tmp_path}" in caught.value.hint

    config = tmp_path / "users.config"
    config.write_text(f"[safe]\n\tdirectory = {tmp_path}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    assert paths(source.collect(tmp_path / "app")) == ["a"]


def test_a_broken_repository(tmp_path: Path) -> None:
    put(tmp_path, "a")
    commit(tmp_path)
    (tmp_path / ".git/index").write_bytes(b"DIRC broken index, long enough to be looked at")
    with pytest.raises(LocalkuError, match="git cannot list the files") as caught:
        source.collect(tmp_path)
    assert "index" in caught.value.hint


def test_two_thousand_files_are_quick(tmp_path: Path) -> None:
    for folder in range(20):
        (tmp_path / f"d{folder}").mkdir()
        for number in range(100):
            (tmp_path / f"d{folder}/f{number}").write_bytes(b"x" * 2000)
    commit(tmp_path)
    times = []
    for _ in range(3):
        started = time.process_time()
        assert len(source.collect(tmp_path).files) == 2000
        times.append(time.process_time() - started)
    assert min(times) < 0.2  # seconds of our own; git's 0.02 come on top


@pytest.mark.parametrize("name", ["../private", "a/../../private", "/private", "link/private", ".", "a/", ""])
def test_nothing_outside_is_a_file_of_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Whatever an index claims: git lists the paths in it as they are."""
    root = tmp_path / "app"
    put(root, "a/b")
    put(tmp_path, "private")
    (root / "link").symlink_to("..")
    listing = Listing(tracked=("a/b", name), untracked=(), changed=(), commit=None)
    monkeypatch.setattr(source.git_folder, "listing", lambda _root: listing)
    assert paths(source.collect(root)) == ["a/b"]


def test_a_folder_that_becomes_a_link_meanwhile(tmp_path: Path) -> None:
    root = tmp_path / "app"
    put(root, "d/a", "d/b")
    put(tmp_path / "out", "a", "b", text="private")
    with Beneath(root) as below:
        assert look(below, "d/a") is not None
        (root / "d").rename(root / "was")
        (root / "d").symlink_to(tmp_path / "out")
        below.afresh()
        with pytest.raises(NotADirectoryError):
            look(below, "d/b")


@pytest.mark.parametrize("size", [3 << 30, 200 << 30])
def test_what_heroku_would_not_take_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    put(tmp_path, "app.py", "z.bin")
    for name, length in (("data/dump.sql", size), ("movie.mp4", 15 << 20)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        with (tmp_path / name).open("wb") as sparse:
            sparse.truncate(length)
    monkeypatch.setattr(os, "read", lambda *_: pytest.fail("a file was read"))
    with pytest.raises(LocalkuError) as caught:
        source.collect(tmp_path, exact=True)
    megabytes = (size >> 20) + 16
    assert caught.value.message == (f"The app's files are {megabytes:,} MB in all; Heroku takes 1,024 MB at most.")
    assert caught.value.hint.startswith(f"The largest: data/dump.sql ({size >> 20:,} MB), movie.mp4 (15 MB).\n")
    assert ".slugignore" in caught.value.hint
    monkeypatch.undo()
    put(tmp_path, ".slugignore", text="data/\n")
    assert paths(source.collect(tmp_path, exact=True)) == [".slugignore", "app.py", "movie.mp4", "z.bin"]


def test_many_small_files_are_named_by_their_folders() -> None:
    sizes = {f"images/{number}/a": 3 << 20 for number in range(400)} | {"app.py": 1, "docs/a": 1 << 20}
    with pytest.raises(LocalkuError) as caught:
        source_size.refuse_too_large(sizes)
    assert caught.value.hint.startswith("The largest: images/ (1,200 MB), docs/ (1 MB), . (1 MB).\n")


@pytest.mark.parametrize(("size", "told"), [(source_size.WORTH_SHOWING, True), (1 << 20, False)])
def test_long_reading_is_told(tmp_path: Path, size: int, told: bool) -> None:
    with (tmp_path / "data").open("wb") as sparse:
        sparse.truncate(size)
    steps: list[tuple[str, float | None]] = []
    source.collect(tmp_path, progress=lambda step, fraction: steps.append((step, fraction)))
    assert bool(steps) is told
    assert {step for step, _ in steps} <= {"Reading the app's files: 64 MB"}
    fractions = [fraction or 0 for _, fraction in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1:] == [1.0] * told


def test_a_file_that_grows_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "build.log", text="0" * 1000)
    before = source.collect(tmp_path, exact=True).fingerprint
    real = os.read

    def growing(fd: int, size: int) -> bytes:
        with (tmp_path / "build.log").open("a") as log:
            log.write("more")
        return real(fd, size)

    monkeypatch.setattr(os, "read", growing)
    assert source.collect(tmp_path, exact=True).fingerprint == before
