from __future__ import annotations

import io
import itertools
import os
import tarfile
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from localku.errors import LocalkuError
from localku.project.sources import source, source_tar

if TYPE_CHECKING:
    from pathlib import Path


def as_it_is(member: tarfile.TarInfo, _path: str) -> tarfile.TarInfo:
    """A filter: `extractall` takes one as an argument from Python 3.11.4 on."""
    return member


def sent(found: source.Source, prefix: str = "") -> tuple[source.Source, bytes]:
    """What was packed, and the tar."""
    sink = io.BytesIO()
    packed = source_tar.tar(found, sink, prefix=prefix, uid=1001, gid=1002)
    return packed, sink.getvalue()


def packed(found: source.Source, prefix: str = "") -> bytes:
    return sent(found, prefix)[1]


def members(data: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:", errors="surrogateescape") as archive:
        return archive.getmembers()


@pytest.fixture
def app(tmp_path: Path) -> Path:
    root = tmp_path / "app"
    (root / "bin/deep").mkdir(parents=True)
    (root / "bin/run").write_bytes(b"#!/bin/sh\n")
    (root / "bin/run").chmod(0o711)
    (root / "bin/deep/data").write_bytes(os.urandom(700_001))
    (root / "empty").touch(0o600)
    (root / "link").symlink_to("../outside")
    (root / os.fsdecode(b"\xff\n" + b"n" * 150)).write_bytes(b"odd")
    return root


def test_entries(app: Path) -> None:
    found = members(packed(source.collect(app), prefix="/app/"))
    assert [(m.name, m.type, m.mode, m.size, m.linkname) for m in found] == [
        ("app", tarfile.DIRTYPE, 0o755, 0, ""),
        ("app/bin", tarfile.DIRTYPE, 0o755, 0, ""),
        ("app/bin/deep", tarfile.DIRTYPE, 0o755, 0, ""),
        ("app/bin/deep/data", tarfile.REGTYPE, 0o644, 700_001, ""),
        ("app/bin/run", tarfile.REGTYPE, 0o755, 10, ""),
        ("app/empty", tarfile.REGTYPE, 0o644, 0, ""),
        ("app/link", tarfile.SYMTYPE, 0o777, 0, "../outside"),
        ("app/" + os.fsdecode(b"\xff\n" + b"n" * 150), tarfile.REGTYPE, 0o644, 3, ""),
    ]
    assert {(m.uid, m.gid, m.mtime, m.uname, m.gname) for m in found} == {(1001, 1002, 315_619_200, "", "")}


def test_contents_come_back(app: Path, tmp_path: Path) -> None:
    data = packed(source.collect(app))
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as archive:
        archive.extraction_filter = as_it_is
        archive.extractall(tmp_path / "out")  # noqa: S202 - our own
    assert (tmp_path / "out/bin/deep/data").read_bytes() == (app / "bin/deep/data").read_bytes()
    assert source.collect(tmp_path / "out").fingerprint == source.collect(app).fingerprint


def test_the_same_files_give_the_same_bytes(app: Path) -> None:
    first = packed(source.collect(app))
    os.utime(app / "empty", (5, 5))
    assert packed(source.collect(app)) == first


def test_a_deep_prefix_leaves_the_folders_above_it_alone(app: Path) -> None:
    assert [m.name for m in members(packed(source.collect(app), prefix="tmp/build_1"))][:2] == [
        "tmp/build_1",
        "tmp/build_1/bin",
    ]


def test_no_files(tmp_path: Path) -> None:
    assert members(packed(source.collect(tmp_path))) == []


def unpacked(data: bytes, into: Path) -> source.Source:
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as archive:
        archive.extraction_filter = as_it_is
        archive.extractall(into)  # noqa: S202 - our own
    return source.collect(into, exact=True)


def test_what_did_not_change_is_sent_as_it_was_collected(app: Path) -> None:
    found = source.collect(app)
    assert sent(found)[0] == found


def test_of_a_file_that_grew_what_there_was(app: Path, tmp_path: Path) -> None:
    found = source.collect(app)
    with (app / "bin/deep/data").open("ab") as log:
        log.write(b"a later line")
    same, data = sent(found)
    assert same == found
    assert unpacked(data, tmp_path / "out").fingerprint == found.fingerprint


@pytest.mark.parametrize("change", ["other", "shorter", "empty", "longer", "gone", "link", "pipe", "parent", "mode"])
def test_a_file_that_changed_is_sent_as_it_is_now(app: Path, tmp_path: Path, change: str) -> None:
    (app / "bin/zlast").write_text("last")
    found = source.collect(app)
    path = app / "bin/deep/data"
    if change in {"other", "shorter", "empty", "longer"}:
        path.write_bytes({"other": b"x" * 700_001, "shorter": b"x" * 5, "empty": b"", "longer": b"x" * 900_001}[change])
    elif change == "mode":
        path.chmod(0o755)
    elif change == "parent":
        (app / "bin/deep").rename(app / "was")
        (app / "bin/deep").symlink_to("/etc")
        (tmp_path / "hidden").mkdir()
    else:
        path.unlink()
        if change == "link":
            path.symlink_to("/etc/passwd")
        elif change == "pipe":
            os.mkfifo(path)
    now, data = sent(found)
    out = unpacked(data, tmp_path / "out")
    assert out.fingerprint == now.fingerprint
    assert out.files == now.files
    named = {file.path: file for file in now.files}
    assert named["bin/zlast"].size == 4
    if change in {"gone", "pipe", "parent"}:
        assert "bin/deep/data" not in named
    elif change == "link":
        assert named["bin/deep/data"].link == "/etc/passwd"
    elif change == "mode":
        assert now == found
    else:
        assert named["bin/deep/data"].size == path.stat().st_size
        assert (tmp_path / "out/bin/deep/data").read_bytes() == path.read_bytes()


def test_a_log_that_grows_all_the_time(app: Path, tmp_path: Path) -> None:
    log, stop = app / "dev.log", threading.Event()
    log.write_text("first\n")

    def write() -> None:
        with log.open("a") as file:
            while not stop.is_set():
                file.write("another line\n")
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(5):
            found = source.collect(app)
            now, data = sent(found)
            assert now == found
            assert unpacked(data, tmp_path / f"out{turn}").fingerprint == found.fingerprint
    finally:
        stop.set()
        writer.join()


@pytest.mark.parametrize("becomes", ["always-another", "folder"])
def test_a_file_that_cannot_be_had_at_one_moment_is_named(
    app: Path, monkeypatch: pytest.MonkeyPatch, becomes: str
) -> None:
    found = source.collect(app)
    path, real, turn = app / "bin/run", os.open, itertools.count()
    if becomes == "folder":
        path.unlink()
        path.mkdir()

    def changing(name: str, flags: int, *, dir_fd: int | None = None) -> int:
        if name == "run":
            path.write_text(f"{next(turn)}")
        return real(name, flags, dir_fd=dir_fd)

    if becomes == "always-another":
        monkeypatch.setattr(os, "open", changing)
    with pytest.raises(LocalkuError, match="bin/run changes faster than it can be packed") as caught:
        packed(found)
    assert ".gitignore" in caught.value.hint


def test_nothing_is_packed_behind_a_link(app: Path) -> None:
    """A tar with `d` as a link and `d/a` as a file would be unpacked through it."""
    real = source.collect(app)
    link = source.SourceFile("bin", 0o777, 0, "/etc", b"")
    forged = replace(real, files=(link, *(file for file in real.files if file.path.startswith("bin/"))))
    now, data = sent(forged)
    assert [m.name for m in members(data)] == ["bin"]
    assert [file.path for file in now.files] == ["bin"]
