from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from localku.build.untar import extract


def archive(*members: tuple[str, bytes | None, str]) -> tarfile.TarFile:
    """Make an archive of (name, content or None for a symlink, link target)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content, link in members:
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, link
            else:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content or b""))
    buffer.seek(0)
    return tarfile.open(fileobj=buffer)


@pytest.mark.parametrize("old_python", [False, True])
def test_files_and_inner_links_are_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old_python: bool) -> None:
    if old_python:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    extract(archive(("bin/compile", b"x", ""), ("bin/again", None, "compile")), tmp_path)
    assert (tmp_path / "bin" / "again").read_bytes() == b"x"


@pytest.mark.parametrize("old_python", [False, True])
@pytest.mark.parametrize(
    "member", [("../out", b"x", ""), ("link", None, "../../etc/passwd"), ("deep/link", None, "/etc/passwd")]
)
def test_nothing_leaves_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old_python: bool, member: tuple[str, bytes | None, str]
) -> None:
    if old_python:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(tarfile.TarError):
        extract(archive(member), target)
    assert not (tmp_path / "out").exists()
