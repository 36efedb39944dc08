from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from localku.slugs.untar import extract


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
@pytest.mark.parametrize("target", ["../../etc/passwd", "/etc/passwd", "gone"])
def test_a_link_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old_python: bool, target: str) -> None:
    if old_python:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    extract(archive(("deep/link", None, target)), tmp_path)
    assert (tmp_path / "deep/link").readlink() == Path(target)


@pytest.mark.parametrize("old_python", [False, True])
@pytest.mark.parametrize(
    "members",
    [
        (("../out", b"x", ""),),
        (("{outside}", b"x", ""),),
        (("a/../../out", b"x", ""),),
        (("link", None, ".."), ("link/out", b"x", "")),
        (("link", None, "{outside}"), ("link", b"x", "")),
        (("d/link", None, ".."), ("d/link/../../out", b"x", "")),
    ],
)
def test_nothing_leaves_the_folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    old_python: bool,
    members: tuple[tuple[str, bytes | None, str], ...],
) -> None:
    if old_python:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    target, outside = tmp_path / "target", str(tmp_path / "out")
    target.mkdir()
    filled = [(name.format(outside=outside), content, link.format(outside=outside)) for name, content, link in members]
    with pytest.raises(tarfile.TarError):
        extract(archive(*filled), target)
    assert not (tmp_path / "out").exists()


def test_no_other_name_of_a_file_outside(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("mine")
        info.type, info.linkname = tarfile.LNKTYPE, str(tmp_path / "private")
        tar.addfile(info)
    (tmp_path / "private").touch()
    (tmp_path / "target").mkdir()
    buffer.seek(0)
    with pytest.raises(tarfile.TarError):
        extract(tarfile.open(fileobj=buffer), tmp_path / "target")  # noqa: SIM115
    assert not (tmp_path / "target/mine").exists()


def test_programs_stay_programs_and_nothing_is_set_uid(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("compile")
        info.mode = 0o4777
        tar.addfile(info, io.BytesIO())
    buffer.seek(0)
    extract(tarfile.open(fileobj=buffer), tmp_path)  # noqa: SIM115
    assert (tmp_path / "compile").stat().st_mode & 0o7777 == 0o755
