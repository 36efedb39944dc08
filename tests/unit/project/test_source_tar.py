from __future__ import annotations

import io
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from localku.errors import LocalkuError
from localku.project import source, source_tar

if TYPE_CHECKING:
    from pathlib import Path


class Sink:
    """All a tar may ask of its file: `write`."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []

    def write(self, block: bytes) -> int:
        self.blocks.append(block)
        return len(block)


def packed(found: source.Source, prefix: str = "") -> bytes:
    sink = Sink()
    source_tar.tar(found, sink, prefix=prefix, uid=1001, gid=1002)  # type: ignore[arg-type]
    return b"".join(sink.blocks)


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
        archive.extractall(tmp_path / "out", filter="tar")
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


@pytest.mark.parametrize("change", ["longer", "shorter", "gone", "folder", "link"])
def test_a_file_that_changes_meanwhile(app: Path, change: str) -> None:
    found = source.collect(app)
    path = app / "bin/run"
    if change in {"longer", "shorter"}:
        path.write_bytes(b"x" * (20 if change == "longer" else 5))
    else:
        path.unlink()
        if change == "folder":
            path.mkdir()
        elif change == "link":
            path.symlink_to("/etc/passwd")
    with pytest.raises(LocalkuError, match="bin/run changed while it was packed"):
        packed(found)
