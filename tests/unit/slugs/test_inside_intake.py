import io
import os
import stat
import tarfile
import threading
from pathlib import Path

import pytest

from localku.slugs.inside.intake import LENGTH, Intake


def blocks(*contents: bytes) -> bytes:
    return b"".join(len(content).to_bytes(LENGTH, "big") + content for content in contents)


def sent(data: bytes, *, stays: bool = False) -> Intake:
    """An intake to which somebody writes, and hangs up unless he `stays`."""
    reading, writing = os.pipe()

    def write() -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(writing, view) :]
        if not stays:
            os.close(writing)

    threading.Thread(target=write, daemon=True).start()
    return Intake(reading)


def archive(**files: tuple[bytes, int]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, (content, mode) in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(content), mode, 1_700_000_000
            tar.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return made.getvalue()


def test_an_order_then_archives_each_to_its_end(tmp_path: Path) -> None:
    big = os.urandom(3_000_000)
    first, second = archive(one=(b"1", 0o755)), archive(two=(big, 0o600))
    intake = sent(blocks(b'{"a": 1}', first, second), stays=True)
    assert intake.order() == {"a": 1}
    intake.unpack(str(tmp_path))
    assert not (tmp_path / "two").exists()
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o755
    intake.unpack(str(tmp_path))
    assert (tmp_path / "two").read_bytes() == big
    assert (tmp_path / "two").stat().st_mtime == 1_700_000_000
    assert os.readlink(tmp_path / "link") == "/etc/passwd"  # noqa: PTH115


@pytest.mark.parametrize("data", [b"", b"\0" * 3, blocks(b"{}")[:-1]])
def test_where_nobody_sends_all_of_an_order_there_is_none(data: bytes) -> None:
    assert sent(data).order() is None


def test_an_archive_that_breaks_off_is_told(tmp_path: Path) -> None:
    whole = blocks(archive(one=(b"x" * 100_000, 0o644)))
    with pytest.raises(OSError, match="could not unpack what was sent"):
        sent(whole[:60_000]).unpack(str(tmp_path))


def test_what_tar_complains_about_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "in it").write_text("")
    with pytest.raises(OSError, match="tar ended with 2"):
        sent(blocks(archive(one=(b"1", 0o644)))).unpack(str(tmp_path))
    assert "one" in capsys.readouterr().out


def test_it_waits_until_something_comes() -> None:
    reading, writing = os.pipe()
    intake = Intake(reading)
    assert intake.waits()
    os.write(writing, b"x")
    assert not intake.waits()


def test_nobody_is_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localku.slugs.inside.intake.PATIENCE", 0.05)
    assert sent(b"", stays=True).order() is None
